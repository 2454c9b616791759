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
/**
 * The longest sleep; the first look asleep comes as soon as any: what was submitted in the very moment we fell asleep may
 * not have rung, since its CPU may not have known yet that we do.
 */
const SLEEP_MILLIS = 1000;

export interface Look {
  /** Found by it. */
  readonly records: number;
  /** How much of the ring was taken when it began, 0 to 1. */
  readonly fill: number;
  /** Something is in the ring that does not ring, or would at once. */
  readonly mustLook: boolean;
  /** When something else is to be seen to, by `performance.now()`. */
  readonly nextCheckAt: number;
  /** When intervals of summaries end, by `performance.now()`: what is counted in one is read soon after. */
  readonly turns?: { readonly last: number; readonly next: number } | undefined;
}

/** When to look at the ring again, and whether to sleep until something is in it. */
export class LookingPace {
  #lastFoundAt = Number.NEGATIVE_INFINITY;
  #sleeps = false;

  /** Something was there, or rang. */
  found(): void {
    this.#lastFoundAt = performance.now();
  }

  /** `sleeps`: the pause is over when the doorbell rings. */
  after(look: Look): { readonly pauseMillis: number; readonly sleeps: boolean } {
    const slept = this.#sleeps;
    this.#sleeps = this.#maySleep(look);
    // What is held stays in the ring, and is no reason to hurry.
    const isHurried = look.records > 0 && look.fill >= HURRIED_FILL;
    if (!this.#sleeps) return { pauseMillis: isHurried ? HURRIED_PAUSE_MILLIS : PAUSE_MILLIS, sleeps: false };
    if (!slept) return { pauseMillis: PAUSE_MILLIS, sleeps: true };
    const next = Math.min(look.nextCheckAt, look.turns?.next ?? Number.POSITIVE_INFINITY);
    const pauseMillis = Math.min(SLEEP_MILLIS, Math.max(PAUSE_MILLIS, next - performance.now()));
    return { pauseMillis, sleeps: true };
  }

  #maySleep({ mustLook, turns }: Look): boolean {
    const lastAt = Math.max(this.#lastFoundAt, turns?.last ?? Number.NEGATIVE_INFINITY);
    return !mustLook && performance.now() - lastAt >= QUIET_AFTER_MILLIS;
  }
}
