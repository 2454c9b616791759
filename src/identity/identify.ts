import type { AcceptBatch } from '../kernel/accepted-connection.ts';
import { bootId } from './host.ts';
import { IdentifiedBatch } from './identified-batch.ts';
import type { ProcessLookup } from './process-cache.ts';

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
}
