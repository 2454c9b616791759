import type { ProcessIdentity } from '../identity/process-identity.ts';
import type { AcceptedConnection } from '../kernel/accepted-connection.ts';
import type { RecordView } from '../kernel/record-view.ts';
import type { SpanIds } from './accept-span.ts';

/** Everything known of one accept: what the kernel said, and who the process was. */
export interface AcceptRecord {
  readonly connection: AcceptedConnection;
  /** `undefined` where the process was gone before it could be looked at. */
  readonly process: ProcessIdentity | undefined;
  /** `log.record.uid`: the same on every resend of this accept, unique among all others. */
  readonly uid: string;
  /** Of the span that is exported of it; without one, `undefined`. */
  readonly span?: SpanIds | undefined;
}

/** The same as it lies in its batch, each fact decoded whenever it is asked for. */
export interface AcceptView extends AcceptRecord {
  readonly connection: RecordView;
  /** What `uid` has before CPU and sequence; ASCII. */
  readonly uidPrefix: string;
}

/** The accepts of one drain: what nobody looks at is not decoded. Valid only until the call it was handed to returns. */
export interface RecordBatch {
  readonly count: number;
  /** The accept of this number, from 0: the same object each time, moved. */
  view(index: number): AcceptView;
  /** All of them in order, decoded on the first look; safe to keep. */
  readonly records: readonly AcceptRecord[];
  /** Of each of them; without one, none has a span. */
  readonly spans?: readonly (SpanIds | undefined)[];
}

/** Where a batch of records goes: one call a batch, never one an event. */
export interface RecordSink {
  /** Takes the batch; never throws and never waits. What it lets go of it counts in the ledger. */
  accept(batch: RecordBatch): void;
}
