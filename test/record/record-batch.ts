import { IdentifiedBatch } from '../../src/identity/identified-batch.ts';
import { DrainedBatch } from '../../src/kernel/accept-batch.ts';
import type { AcceptRecord, RecordBatch } from '../../src/record/accept-record.ts';
import { recordBytes } from '../kernel/record-bytes.ts';

/** Records, of one observed time, as a batch that lies in bytes as a drained one does. */
export function batchOf(records: readonly AcceptRecord[]): RecordBatch {
  const first = records[0];
  const observedUnixNs = first?.connection.observedUnixNs ?? 0n;
  const bootToUnixNs = first ? first.connection.acceptedUnixNs - first.connection.acceptedBootNs : 0n;
  const bytes = recordBytes(records.map(({ connection }) => connection));
  const drained = new DrainedBatch(bytes, records.length, { observedUnixNs, bootToUnixNs });
  const processes = records.map(({ process }) => process);
  const identify = () => processes[drained.view.index];
  const uidPrefix = first?.uid.replace(/[^-]*-[^-]*$/, '') ?? '';
  return new IdentifiedBatch(drained, { identify }, uidPrefix);
}
