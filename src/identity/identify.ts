import type { AcceptSummary } from '../kernel/accept-summary.ts';
import type { AcceptBatch } from '../kernel/accepted-connection.ts';
import { bootId } from './host.ts';
import { IdentifiedBatch } from './identified-batch.ts';
import type { ProcessLookup } from './process-cache.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** One summary with who it was and what it is called. */
export interface IdentifiedSummary {
  readonly summary: AcceptSummary;
  /** `undefined` where they have no process in common, or nothing is known of it. */
  readonly process: ProcessIdentity | undefined;
  /** `<boot id>-<load time>-summary-<set>-<row>`: the same whichever process reads it from the kernel's maps. */
  readonly uid: string;
}

export interface IdentifierOptions {
  readonly cache: ProcessLookup;
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
  readonly #cache: ProcessLookup;
  /** Of every uid of this session. */
  readonly uidPrefix: string;

  constructor({ cache, bootId: boot = bootId(), loadedMonotonicNs = process.hrtime.bigint() }: IdentifierOptions) {
    this.#cache = cache;
    this.uidPrefix = uidPrefixOf(boot, loadedMonotonicNs);
  }

  /** Must be called, and the result used, while the batch is valid; its `records` may be kept. */
  identify(batch: AcceptBatch): IdentifiedBatch {
    return new IdentifiedBatch(batch, this.#cache, this.uidPrefix);
  }

  identifySummaries(summaries: readonly AcceptSummary[]): IdentifiedSummary[] {
    return summaries.map((summary) => ({
      summary,
      process: this.#processOf(summary),
      uid: `${this.uidPrefix}summary-${summary.turn.toString(36)}-${summary.row}`,
    }));
  }

  #processOf({ process, firstUnixNs, firstBootNs, observedUnixNs }: AcceptSummary): ProcessIdentity | undefined {
    if (process === undefined) return undefined;
    const bootToUnixNs = firstUnixNs - firstBootNs;
    return this.#cache.identify({
      ...process,
      processStartBootNanos: Number(process.processStartBootNs),
      cgroupNumber: Number(process.cgroupId),
      bootToUnixNs,
      observedBootNanos: Number(observedUnixNs - bootToUnixNs),
    });
  }
}
