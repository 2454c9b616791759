import type { ProcessIdentity } from '../identity/process-identity.ts';
import type { Listener } from '../kernel/listener.ts';

/** One listener as it was at a time, and who its first owner is. */
export interface ListenerRecord {
  readonly uid: string;
  readonly listener: Listener;
  /** `undefined` where the process was gone before it could be looked at. */
  readonly process: ProcessIdentity | undefined;
  /** Wall clock. */
  readonly listedUnixNs: bigint;
}
