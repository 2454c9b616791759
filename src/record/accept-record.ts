import type { ProcessIdentity } from '../identity/process-identity.ts';
import type { AcceptedConnection } from '../kernel/accepted-connection.ts';

/** Everything known of one accept: what the kernel said, and who the process was. */
export interface AcceptRecord {
  readonly connection: AcceptedConnection;
  /** `undefined` where the process was gone before it could be looked at. */
  readonly process: ProcessIdentity | undefined;
  /** `log.record.uid`: the same on every resend of this accept, unique among all others. */
  readonly uid: string;
}

/** Where a batch of records goes: one call a batch, never one an event. */
export interface RecordSink {
  /** Takes the batch; never throws and never waits. What it lets go of it counts in the ledger. */
  accept(records: readonly AcceptRecord[]): void;
}
