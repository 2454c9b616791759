import type { LedgerCounts } from '../ledger.ts';
import { LOSS_CAUSES, LOST_ACCEPTS, type LossCause, type LossRecord } from './loss-record.ts';

/** Losses of the export itself: while nothing gets through, a record of them would be lost as well, and be a loss. */
function isOfExport(cause: LossCause): cause is keyof typeof LOST_ACCEPTS {
  return Object.hasOwn(LOST_ACCEPTS, cause);
}

export interface LossReportsOptions {
  /** That of the session's other uids. */
  readonly uidPrefix: string;
  /** For what is counted in this run only, where a session has several; default `uidPrefix`. */
  readonly runUidPrefix?: string;
  /** When counting began. */
  readonly startedUnixNs: bigint;
  /** What the session's earlier runs counted. */
  readonly countsBefore?: Readonly<Partial<Record<LossCause, number>>>;
}

/**
 * Turns what the ledger lost into records: at each look one for every cause that moved since it was last told of.
 *
 * Losses of the export are told of once something was delivered again, all in one; until then they add up.
 */
export class LossReports {
  readonly #options: LossReportsOptions;
  readonly #told = new Map<LossCause, { count: number; accepts: number; unixNs: bigint }>();
  #delivered = 0;

  constructor(options: LossReportsOptions) {
    this.#options = options;
    for (const cause of LOSS_CAUSES) this.#told.set(cause, { count: 0, accepts: 0, unixNs: options.startedUnixNs });
  }

  /** The losses up to `nowUnixNs`, each told of once. */
  since(counts: LedgerCounts, nowUnixNs: bigint): LossRecord[] {
    const isGettingThrough = counts.delivered > this.#delivered;
    this.#delivered = counts.delivered;
    const records: LossRecord[] = [];
    for (const [cause, told] of this.#told) {
      const count = counts[cause] - told.count;
      if (count === 0 || (isOfExport(cause) && !isGettingThrough)) continue;
      const accepts = counts[isOfExport(cause) ? LOST_ACCEPTS[cause] : cause];
      records.push({
        uid: this.#uid(cause, told.count, counts[cause]),
        cause,
        count,
        accepts: accepts - told.accepts,
        noticedUnixNs: nowUnixNs,
        intervalNs: nowUnixNs - told.unixNs,
      });
      this.#told.set(cause, { count: counts[cause], accepts, unixNs: nowUnixNs });
    }
    return records;
  }

  /** Of the losses from one count to another: told of again, they are called the same. */
  #uid(cause: LossCause, from: number, to: number): string {
    const { uidPrefix, runUidPrefix = uidPrefix, countsBefore = {} } = this.#options;
    const before = countsBefore[cause] ?? 0;
    return `${isOfExport(cause) ? runUidPrefix : uidPrefix}lost-${cause}-${before + from}-${before + to}`;
  }
}
