import type { ProcessIdentity } from '../identity/process-identity.ts';
import type { AcceptSummary } from '../kernel/accept-summary.ts';

/** Accepts counted instead of recorded: what the kernel said, and who the process was. */
export interface SummaryRecord {
  readonly summary: AcceptSummary;
  /** `undefined` where the process was gone before it could be looked at, or is not known. */
  readonly process: ProcessIdentity | undefined;
  readonly uid: string;
}
