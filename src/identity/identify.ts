import type { AcceptSummary } from '../kernel/accept-summary.ts';
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

/** One summary with who it was and what it is called. */
export interface IdentifiedSummary {
  readonly summary: AcceptSummary;
  /** `undefined` where the process was gone before it could be looked at, or had not accepted the first of them. */
  readonly process: ProcessIdentity | undefined;
  /** `<boot id>-<load time>-summary-<last accept>-<number>`: no other's, also where a next process uses the same maps. */
  readonly uid: string;
}

export interface IdentifierOptions {
  readonly cache: Pick<ProcessCache, 'identify'>;
  /** Default this boot's. */
  readonly bootId?: string;
  /** When the kernel's sequence counters began, `CLOCK_MONOTONIC`, which is never set back; default now. */
  readonly loadedMonotonicNs?: bigint;
}

/** Gives each accept of a batch its process and its uid; one for each session, since each counts from the start. */
export class Identifier {
  readonly #cache: Pick<ProcessCache, 'identify'>;
  /** Of every uid of this session. */
  readonly uidPrefix: string;
  #summaries = 0;

  constructor({ cache, bootId: boot = bootId(), loadedMonotonicNs = process.hrtime.bigint() }: IdentifierOptions) {
    this.#cache = cache;
    this.uidPrefix = `${boot.replaceAll('-', '')}-${loadedMonotonicNs.toString(36)}-`;
  }

  /** In the batch's order. Must be called while the batch is valid; the result may be kept. */
  identify(batch: AcceptBatch): IdentifiedAccept[] {
    return batch.connections.map((connection) => ({
      connection,
      process: this.#cache.identify(connection),
      uid: `${this.uidPrefix}${connection.cpu}-${connection.sequence}`,
    }));
  }

  identifySummaries(summaries: readonly AcceptSummary[]): IdentifiedSummary[] {
    return summaries.map((summary) => ({
      summary,
      process: this.#processOf(summary),
      uid: `${this.uidPrefix}summary-${summary.lastBootNs.toString(36)}-${this.#summaries++}`,
    }));
  }

  /** A look after the last accept, that says of a process which was there at the first. */
  #processOf(summary: AcceptSummary): ProcessIdentity | undefined {
    const { process, observedUnixNs, firstBootNs, firstUnixNs, lastBootNs, lastUnixNs } = summary;
    if (process === undefined) return undefined;
    const { pid, cgroupId } = process;
    const at = (acceptedBootNs: bigint, acceptedUnixNs: bigint) =>
      this.#cache.identify({ pid, cgroupId, acceptedBootNs, acceptedUnixNs, observedUnixNs });
    return at(lastBootNs, lastUnixNs) && at(firstBootNs, firstUnixNs);
  }
}
