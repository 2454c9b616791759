import type { ConnectionEnd } from '../kernel/connection-end.ts';
import type { AcceptRecord } from './accept-record.ts';

/** The end of an accepted connection, with all that is known of its accept. */
export interface EndRecord {
  readonly accept: AcceptRecord;
  readonly end: ConnectionEnd;
}
