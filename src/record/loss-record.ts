import type { LedgerName } from '../ledger.ts';

/** The ledger's names that count accepts of which no record arrives. */
export const LOSS_CAUSES = [
  'ring_full',
  'unreadable',
  'missed',
  'rejected',
  'dropped',
  'evicted',
] as const satisfies LedgerName[];
export type LossCause = (typeof LOSS_CAUSES)[number];

/** How many accepts were lost for one cause in an interval. */
export interface LossRecord {
  readonly uid: string;
  readonly cause: LossCause;
  readonly count: number;
  /** The end of the interval, wall clock. */
  readonly noticedUnixNs: bigint;
  readonly intervalNs: bigint;
}
