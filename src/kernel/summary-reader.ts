import type { AcceptSummary } from './accept-summary.ts';
import type { NativeBinding, NativeSession } from './binding.ts';
import { decodeSummaries, type SummaryInterval } from './decode-summaries.ts';
import { SUMMARY_BYTES } from './summary-layout.ts';

/** Rows one look takes at most: a row becomes a record, and 256 of those keep the event loop for some milliseconds. */
const BATCH_ROWS = 256;

export interface SummaryOptions {
  readonly intervalMillis: number;
  /** Takes what was counted in one interval, maybe in several calls; must not throw. */
  readonly onSummaries: (summaries: readonly AcceptSummary[]) => void;
  /** Whether there is room for summaries now; while there is not, the kernel goes on counting. Default: always. */
  readonly hasRoom?: () => boolean;
}

type SummarySession = Pick<NativeSession, 'turnSummaries' | 'drainSummaries'>;

/**
 * Hands over what the kernel counted, once an interval: ends one set of counts, and reads it in the looks that follow.
 *
 * A set is read when no program can be adding to it any more, which takes no waiting: bpf/summary.h.
 */
export class SummaryReader {
  readonly #native: Pick<NativeBinding, 'readClock'>;
  readonly #session: SummarySession;
  readonly #options: SummaryOptions;
  readonly #buffer = new Uint8Array(BATCH_ROWS * SUMMARY_BYTES);
  readonly #clock = new BigInt64Array(2);
  #beganBootNs: bigint;
  #ended: SummaryInterval;
  #nextTurn: number;
  #accepts = 0;

  constructor(native: Pick<NativeBinding, 'readClock'>, session: SummarySession, options: SummaryOptions) {
    this.#native = native;
    this.#session = session;
    this.#options = options;
    this.#beganBootNs = this.#bootNs();
    this.#ended = { endedBootNs: this.#beganBootNs, intervalNs: 0n };
    this.#nextTurn = performance.now() + options.intervalMillis;
  }

  /** Accepts handed over. */
  get accepts(): number {
    return this.#accepts;
  }

  /** Hands over what can be read, and ends the interval when it is over. `true`: there is more at once. */
  look(): boolean {
    if (this.#options.hasRoom?.() === false) return false;
    const rows = this.#drain();
    const now = performance.now();
    if (now >= this.#nextTurn && this.#turn()) this.#nextTurn = now + this.#options.intervalMillis;
    return rows === BATCH_ROWS;
  }

  /** Ends the interval at the next look. */
  hurry(): void {
    this.#nextTurn = 0;
  }

  /**
   * Hands over all that was counted, when nothing counts any more; `false` when a program was still at it at `deadline`.
   *
   * Each turn says that the set before is empty: after two both are.
   */
  async finish(deadline: number): Promise<boolean> {
    for (let turns = 0; turns < 2; ) {
      const rows = this.#drain();
      if (this.#turn()) turns++;
      else if (rows === 0 && performance.now() > deadline) return false;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return true;
  }

  #turn(): boolean {
    if (!this.#session.turnSummaries()) return false;
    const endedBootNs = this.#bootNs();
    this.#ended = { endedBootNs, intervalNs: endedBootNs - this.#beganBootNs };
    this.#beganBootNs = endedBootNs;
    return true;
  }

  #drain(): number {
    const count = this.#session.drainSummaries(this.#buffer);
    if (count === 0) return 0;
    this.#native.readClock(this.#clock);
    const [bootToUnixNs = 0n, observedUnixNs = 0n] = this.#clock;
    const summaries = decodeSummaries(this.#buffer, count, { bootToUnixNs, observedUnixNs }, this.#ended);
    this.#accepts += summaries.reduce((sum, { accepts }) => sum + accepts, 0);
    this.#options.onSummaries(summaries);
    return count;
  }

  #bootNs(): bigint {
    this.#native.readClock(this.#clock);
    const [bootToUnixNs = 0n, unixNs = 0n] = this.#clock;
    return unixNs - bootToUnixNs;
  }
}
