import type { AcceptSummary } from './accept-summary.ts';
import type { NativeBinding, NativeSession } from './binding.ts';
import { decodeSummaries, type EndedSet } from './decode-summaries.ts';
import { SUMMARY_BYTES } from './summary-layout.ts';

/**
 * Rows one look takes at most: a row becomes a record, and 64 of those keep the event loop for some two milliseconds. Of
 * 256 so much was alive at once that V8 let its heap grow: with a new client for every accept to 240 MiB of memory.
 */
const BATCH_ROWS = 64;
/** Of the numbers of `NativeSession.endedSummaries`. */
const ENDED_LENGTH = 3;

export interface SummaryOptions {
  readonly intervalMillis: number;
  /** Takes what was counted in one interval, maybe in several calls; must not throw. */
  readonly onSummaries: (summaries: readonly AcceptSummary[]) => void;
  /** Whether there is room for summaries now; while there is not, the kernel goes on counting. Default: always. */
  readonly hasRoom?: () => boolean;
  /** What is handed over keeps its place in the kernel, where it outlives us, until `SummaryReader.release`. */
  readonly holds?: boolean;
  /** With `holds`: asks for the release of what was handed over soon; must not throw. */
  readonly hurryRelease?: () => void;
}

type SummarySession = Pick<NativeSession, 'turnSummaries' | 'drainSummaries' | 'settleSummaries' | 'endedSummaries'>;

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
  #ended: EndedSet;
  /** Of that set: how many were handed over. */
  #rows = 0;
  #unreleased = 0;
  #nextTurn: number;
  #lastTurn = Number.NEGATIVE_INFINITY;
  #accepts = 0;

  constructor(native: Pick<NativeBinding, 'readClock'>, session: SummarySession, options: SummaryOptions) {
    this.#native = native;
    this.#session = session;
    this.#options = options;
    this.#ended = this.#endedSet();
    this.#nextTurn = performance.now() + options.intervalMillis;
  }

  /** Accepts handed over. */
  get accepts(): number {
    return this.#accepts;
  }

  /** When the interval is over, and when the one before was, by `performance.now()`. */
  get turns(): { readonly next: number; readonly last: number } {
    return { next: this.#nextTurn, last: this.#lastTurn };
  }

  /**
   * Hands over what can be read, and ends the interval when it is over. `true`: there may be more at once; the kernel gives
   * whole buckets, so that less than a look can take is no sign of the end.
   */
  look(): boolean {
    if (this.#options.hasRoom?.() === false) return false;
    const rows = this.#drain();
    const now = performance.now();
    if (now >= this.#nextTurn && this.#turn()) {
      this.#lastTurn = now;
      this.#nextTurn = now + this.#options.intervalMillis;
    }
    return rows > 0;
  }

  /** Ends the interval at the next look. */
  hurry(): void {
    this.#nextTurn = 0;
  }

  /** With `holds`: the oldest `summaries` that were handed over are safe elsewhere. */
  release(summaries: number): void {
    this.#unreleased -= summaries;
    if (this.#unreleased === 0) this.#session.settleSummaries();
  }

  /**
   * Hands over all that was counted, when nothing counts any more; `false` when a program was still at it at `deadline`,
   * or what was handed over not released.
   *
   * Each turn says that the set before is empty: after two both are.
   */
  async finish(deadline: number): Promise<boolean> {
    for (let turns = 0; turns < 2; ) {
      const rows = this.#drain();
      if (this.#unreleased > 0 && rows === 0) this.#options.hurryRelease?.();
      if (this.#turn()) turns++;
      else if (rows === 0 && performance.now() > deadline) return false;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return true;
  }

  #turn(): boolean {
    if (!this.#session.turnSummaries()) return false;
    this.#ended = this.#endedSet();
    this.#rows = 0;
    return true;
  }

  #drain(): number {
    const count = this.#session.drainSummaries(this.#buffer);
    if (count > 0) this.#handOver(count);
    // What is read to its end may have been nothing.
    if (this.#unreleased === 0) this.#session.settleSummaries();
    return count;
  }

  #handOver(count: number): void {
    this.#native.readClock(this.#clock);
    const [bootToUnixNs = 0n, observedUnixNs = 0n] = this.#clock;
    const clock = { bootToUnixNs, observedUnixNs };
    const summaries = decodeSummaries(this.#buffer, count, clock, this.#ended, this.#rows);
    this.#rows += count;
    this.#accepts += summaries.reduce((sum, { accepts }) => sum + accepts, 0);
    if (this.#options.holds) this.#unreleased += count;
    this.#options.onSummaries(summaries);
  }

  #endedSet(): EndedSet {
    const numbers = new BigUint64Array(ENDED_LENGTH);
    this.#session.endedSummaries(numbers);
    const [turn = 0n, beganBootNs = 0n, endedBootNs = 0n] = numbers;
    return { turn: Number(turn), endedBootNs, intervalNs: endedBootNs - beganBootNs };
  }
}
