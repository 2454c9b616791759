import type { LedgerCounts } from '../ledger.ts';
import { LOSS_CAUSES, type LossCause, type LossRecord } from './loss-record.ts';

/** Losses of the export itself: while nothing gets through, a record of them would be lost as well, and be a loss. */
const EXPORT_CAUSES: ReadonlySet<LossCause> = new Set<LossCause>(['rejected', 'dropped', 'evicted']);

/**
 * Turns what the ledger lost into records: at each look one for every cause that moved since it was last told of.
 *
 * Losses of the export are told of once something was delivered again, all in one; until then they add up.
 */
export class LossReports {
  readonly #uidPrefix: string;
  readonly #told = new Map<LossCause, { count: number; unixNs: bigint }>();
  #delivered = 0;
  #sequence = 0;

  /** `uidPrefix` is that of the session's other uids; `startedUnixNs` is when counting began. */
  constructor({ uidPrefix, startedUnixNs }: { readonly uidPrefix: string; readonly startedUnixNs: bigint }) {
    this.#uidPrefix = uidPrefix;
    for (const cause of LOSS_CAUSES) this.#told.set(cause, { count: 0, unixNs: startedUnixNs });
  }

  /** The losses up to `nowUnixNs`, each told of once. */
  since(counts: LedgerCounts, nowUnixNs: bigint): LossRecord[] {
    const isGettingThrough = counts.delivered > this.#delivered;
    this.#delivered = counts.delivered;
    const records: LossRecord[] = [];
    for (const [cause, told] of this.#told) {
      const count = counts[cause] - told.count;
      if (count === 0 || (EXPORT_CAUSES.has(cause) && !isGettingThrough)) continue;
      const uid = `${this.#uidPrefix}lost-${this.#sequence++}`;
      records.push({ uid, cause, count, noticedUnixNs: nowUnixNs, intervalNs: nowUnixNs - told.unixNs });
      this.#told.set(cause, { count: counts[cause], unixNs: nowUnixNs });
    }
    return records;
  }
}
