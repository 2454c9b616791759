import { DrainedBatch } from '../../src/kernel/accept-batch.ts';
import type { AcceptBatch } from '../../src/kernel/accepted-connection.ts';
import { OFFSET, RECORD_BYTES } from '../../src/kernel/record-layout.ts';
import { bootNs } from '../../test/identity/boot-clock.ts';
import { recordBytes } from '../../test/kernel/record-bytes.ts';
import { exampleRecord } from '../../test/output/example-record.ts';

/** What a drain takes at most. */
export const BATCH_RECORDS = 1024;
const BATCHES = 32;
const THREADS = 8;
/** Beyond all pids: a thread's id is no other's, and pids next to each other would make it so. */
const FIRST_TID = 5_000_000;

/** Batches as the kernel hands them over: 32,768 peers in turn, eight threads of three processes, three listeners. */
export class DrainedBatches {
  readonly #bytes = Array.from({ length: BATCHES }, (_, batch) => bytesOf(batch));
  #next = 0;

  next(): AcceptBatch {
    const bytes = this.#bytes[this.#next++ % BATCHES] ?? new Uint8Array();
    const now = bootNs();
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (let at = 0; at < bytes.length; at += RECORD_BYTES) view.setBigUint64(at + OFFSET.accepted_boot_ns, now, true);
    const observedUnixNs = BigInt(Date.now()) * 1_000_000n;
    return new DrainedBatch(bytes, BATCH_RECORDS, { observedUnixNs, bootToUnixNs: observedUnixNs - now });
  }
}

function bytesOf(batch: number): Uint8Array {
  const pids = [process.pid, process.ppid, 1];
  return recordBytes(
    Array.from({ length: BATCH_RECORDS }, (_, index) => {
      const number = batch * BATCH_RECORDS + index;
      const pid = pids[(number % THREADS) % pids.length] ?? 1;
      return exampleRecord({
        pid,
        namespacePid: pid,
        tid: FIRST_TID + (number % THREADS),
        peerAddress: `10.${20 + batch}.${(number >> 6) & 255}.${number & 255}`,
        peerPort: 32_768 + (number % 28_000),
        localAddress: `192.168.1.${10 + (number % 3)}`,
        sequence: 1_000_000n + BigInt(number),
        socketCookie: 5_000_000n + BigInt(number),
        queueDurationNs: 20_000n + BigInt(number * 37),
        rttUs: 40 + (number % 900),
      }).connection;
    }),
  );
}
