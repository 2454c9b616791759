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

/** The causes that count records, and the ledger's name of how many accepts those stood for. */
export const LOST_ACCEPTS = {
  rejected: 'rejected_accepts',
  dropped: 'dropped_accepts',
  evicted: 'evicted_accepts',
} as const satisfies Partial<Record<LossCause, LedgerName>>;

/** What was lost for one cause in an interval. */
export interface LossRecord {
  readonly uid: string;
  readonly cause: LossCause;
  /** Accepts, or where `LOST_ACCEPTS` has the cause, records. */
  readonly count: number;
  /** How many accepts that is. */
  readonly accepts: number;
  /** The end of the interval, wall clock. */
  readonly noticedUnixNs: bigint;
  readonly intervalNs: bigint;
}
