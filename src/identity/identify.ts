import type { AcceptBatch, AcceptedConnection } from '../kernel/accepted-connection.ts';
import { bootId } from './host.ts';
import type { ProcessCache } from './process-cache.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** One accept with who it was and what it is called. */
export interface IdentifiedAccept {
  readonly connection: AcceptedConnection;
  /** `undefined` where the process was gone before it could be looked at. */
  readonly process: ProcessIdentity | undefined;
  /** `<boot id>-<load time>-<CPU>-<sequence>`: the same whenever this accept is read, and no other accept's. */
  readonly uid: string;
}

export interface IdentifierOptions {
  readonly cache: Pick<ProcessCache, 'identify'>;
  /** Default this boot's. */
  readonly bootId?: string;
  /** When the kernel's sequence counters began, `CLOCK_MONOTONIC`, which is never set back; default now. */
  readonly loadedMonotonicNs?: bigint;
}

/** What begins at that time of that boot has uids that begin so, and nothing else has. */
export function uidPrefixOf(boot: string, monotonicNs: bigint): string {
  return `${boot.replaceAll('-', '')}-${monotonicNs.toString(36)}-`;
}

/** Gives each accept of a batch its process and its uid; one for each session, since each counts from the start. */
export class Identifier {
  readonly #cache: Pick<ProcessCache, 'identify'>;
  /** Of every uid of this session. */
  readonly uidPrefix: string;

  constructor({ cache, bootId: boot = bootId(), loadedMonotonicNs = process.hrtime.bigint() }: IdentifierOptions) {
    this.#cache = cache;
    this.uidPrefix = uidPrefixOf(boot, loadedMonotonicNs);
  }

  /** In the batch's order. Must be called while the batch is valid; the result may be kept. */
  identify(batch: AcceptBatch): IdentifiedAccept[] {
    return batch.connections.map((connection) => ({
      connection,
      process: this.#cache.identify(connection),
      uid: `${this.uidPrefix}${connection.cpu}-${connection.sequence}`,
    }));
  }
}
