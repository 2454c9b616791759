/**
 * The pause before the next look at the ring: when it was filling fast, and when not. A look costs little but the timer
 * that wakes us, some 0.1 ms on a busy virtual machine: at 2,000 accepts a second looks 5 ms apart took half of the
 * command's CPU.
 */
const HURRIED_PAUSE_MILLIS = 5;
const PAUSE_MILLIS = 20;
/** Of the ring, what is filling fast: it would take more than a second of pauses to fill it. */
const HURRIED_FILL = 1 / 64;
/** Then the next record wakes us: two looks found nothing. */
const QUIET_AFTER_MILLIS = 40;
/** The longest sleep. A record that was submitted in the very moment we fell asleep might not ring. */
const SLEEP_MILLIS = 1000;

export interface Look {
  /** Found by it. */
  readonly records: number;
  /** How much of the ring was taken when it began, 0 to 1. */
  readonly fill: number;
  /** Something is to be seen to that does not ring. */
  readonly mustLook: boolean;
  /** When intervals of summaries end, by `performance.now()`: what is counted in one is read soon after. */
  readonly turns?: { readonly last: number; readonly next: number } | undefined;
}

/** When to look at the ring again, and whether to sleep until something is in it. */
export class LookingPace {
  #lastFoundAt = Number.NEGATIVE_INFINITY;

  found(): void {
    this.#lastFoundAt = performance.now();
  }

  /** `sleeps`: the pause is over when the doorbell rings. */
  after({ records, fill, mustLook, turns }: Look): { readonly pauseMillis: number; readonly sleeps: boolean } {
    // What is held stays in the ring, and is no reason to hurry.
    if (records > 0 && fill >= HURRIED_FILL) return { pauseMillis: HURRIED_PAUSE_MILLIS, sleeps: false };
    const now = performance.now();
    const { last = Number.NEGATIVE_INFINITY, next = Number.POSITIVE_INFINITY } = turns ?? {};
    const isQuiet = now - Math.max(this.#lastFoundAt, last) >= QUIET_AFTER_MILLIS;
    if (!isQuiet || mustLook) return { pauseMillis: PAUSE_MILLIS, sleeps: false };
    return { pauseMillis: Math.min(SLEEP_MILLIS, Math.max(PAUSE_MILLIS, next - now)), sleeps: true };
  }
}
