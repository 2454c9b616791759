import { TcpAcceptError } from '../errors.ts';
import { DrainedBatch } from './accept-batch.ts';
import type { AcceptBatch } from './accepted-connection.ts';
import type { Hook, NativeBinding, NativeSession } from './binding.ts';
import type { EndBatch } from './connection-end.ts';
import { Doorbell } from './doorbell.ts';
import { EarlierReaders } from './earlier-readers.ts';
import { CONNECTION_COUNTERS } from './end-layout.ts';
import { EndReader } from './end-reader.ts';
import { LookingPace } from './looking-pace.ts';
import { loadNative } from './native.ts';
import { type HookRefusal, openSession, type TracerSettings } from './open-session.ts';
import { KERNEL_COUNTERS, type KernelCounter, RECORD_BYTES } from './record-layout.ts';
import { type SummaryOptions, SummaryReader } from './summary-reader.ts';

/** What the session tells after its counters, in order. */
const BESIDE_COUNTERS = [
  'missed',
  'unstamped',
  'in_ring',
  'in_summaries',
  ...CONNECTION_COUNTERS,
  'connections_open',
  'ends_in_ring',
] as const;

/**
 * Sums over all CPUs since the start, and what waits in the ring and in summaries; names are the ledger's.
 *
 * Of a session found pinned they begin where its last reader's were known: what it found in the ring and in summaries, and losses that
 * nobody told of yet, are counted here.
 */
export type KernelCounts = Readonly<Record<KernelCounter | (typeof BESIDE_COUNTERS)[number], number>>;

export interface RunOptions {
  /** `false` lets the process end meanwhile; default true. */
  readonly keepAlive?: boolean;
  /** Records and summaries handed over keep their place, where the next reader of the pins finds them, until `release`. */
  readonly holds?: boolean;
  /** Wanted in the modes `auto` and `summary`: without it what they count is never read. */
  readonly summaries?: Omit<SummaryOptions, 'holds'>;
  /** Wanted where connections are followed: takes their ends, each after its accept; must not throw. */
  readonly onEnds?: (batch: EndBatch) => void;
  /** Called before each look at the ring; must not throw. */
  readonly beforeDrain?: () => void;
}

/** Records of one batch at most: one to two milliseconds of work, more where every accept is of a new process. */
const BATCH_RECORDS = 128;
/** Batches follow each other for so long; then the event loop has its turn, though the ring may hold more. */
const TURN_MILLIS = 5;
/** How often to ask whether accepts asleep at the start have returned; until then every system call costs 50 ns more. */
const SETTLE_CHECK_MILLIS = 500;
/** How long programs still running on other CPUs may take to finish after they were detached. */
const SETTLE_MILLIS = 200;

/**
 * Sees accepts from construction to `stop`, and hands them over in batches once `run` is called. With `pinDirectory`
 * the kernel's part was there before, or stays there after, or both.
 *
 * While accepts come, the kernel wakes nobody: a timer drains the ring, at once again while it is full. When none come, it
 * sleeps until one does. The constructor throws `TcpAcceptError` and then leaves nothing attached.
 */
export class AcceptTracer {
  readonly hook: Hook;
  /** Better hooks that this kernel refused. */
  readonly refused: readonly HookRefusal[];
  /** Whether the session is pinned, by us or by others before. */
  readonly isPinned: boolean;
  readonly earlier: EarlierReaders;
  readonly #native: NativeBinding;
  readonly #session: NativeSession;
  readonly #buffer = new Uint8Array(BATCH_RECORDS * RECORD_BYTES);
  readonly #clock = new BigInt64Array(2);
  readonly #pace = new LookingPace();
  #onBatch: ((batch: AcceptBatch) => void) | undefined;
  #beforeDrain: (() => void) | undefined;
  #summaries: SummaryReader | undefined;
  #ends: EndReader | undefined;
  #doorbell: Doorbell | undefined;
  #timer: NodeJS.Timeout | undefined;
  #keepAlive = true;
  #holds = false;
  #nextSettleCheck = 0;
  #stopped: Promise<void> | undefined;
  #closed = false;
  #drainedRecords = 0;
  #finalCounts: KernelCounts | undefined;

  constructor(settings: TracerSettings, native: NativeBinding = loadNative()) {
    this.#native = native;
    const { hook, session, refused } = openSession(settings, native);
    this.hook = hook;
    this.#session = session;
    this.refused = refused;
    this.isPinned = settings.pinDirectory !== undefined;
    this.earlier = new EarlierReaders(session);
  }

  /** Starts handing batches to `onBatch`, which must not throw. */
  run(
    onBatch: (batch: AcceptBatch) => void,
    { keepAlive = true, holds = false, summaries, onEnds, beforeDrain }: RunOptions = {},
  ): void {
    this.#assertOpen();
    this.#holds = holds;
    this.#onBatch = onBatch;
    this.#beforeDrain = beforeDrain;
    this.#summaries = summaries && new SummaryReader(this.#native, this.#session, { ...summaries, holds });
    this.#ends = onEnds && this.#endReader(onEnds);
    // Whoever used these programs before may have ended in an overload, or asleep.
    this.#session.setOverloaded(false);
    this.#session.setReaderSleeps(false);
    this.#keepAlive = keepAlive;
    this.#schedule(0);
  }

  /** Hands over at once what the ring holds; returns how many records. */
  drain(): number {
    this.#assertOpen();
    let total = 0;
    let count: number;
    do {
      count = this.#drain();
      total += count;
    } while (count === BATCH_RECORDS);
    return total;
  }

  /** With `holds`: the oldest that were handed over, so many of each, are safe elsewhere. Does nothing after `close`. */
  release(records: number, summaries = 0): void {
    if (this.#closed) return;
    if (records > 0) this.#session.release(records);
    if (summaries > 0) this.#summaries?.release(summaries);
  }

  /** Counts as of now; they still hold after `stop`, until `close`. */
  counts(): KernelCounts {
    this.#assertOpen();
    return this.#finalCounts ?? this.earlier.without(this.#allCounts());
  }

  #allCounts(): KernelCounts {
    const names = [...KERNEL_COUNTERS, ...BESIDE_COUNTERS] as const;
    const sums = new BigUint64Array(names.length);
    this.#session.counters(sums);
    return Object.fromEntries(names.map((name, i) => [name, Number(sums[i] ?? 0n)])) as Record<
      (typeof names)[number],
      number
    >;
  }

  #endReader(onEnds: (batch: EndBatch) => void): EndReader {
    const waitingAccepts = () => this.#allCounts().in_ring;
    return new EndReader({ native: this.#native, session: this.#session, waitingAccepts, onEnds });
  }

  /** How much of the ring is taken, 0 to 1; a few nanoseconds. */
  ringFill(): number {
    return this.#session.ringFill();
  }

  /** In mode `auto`: whether accepts are counted instead of recorded from now on. What was counted is handed over soon. */
  setOverloaded(overloaded: boolean): void {
    this.#session.setOverloaded(overloaded);
    if (!overloaded) this.#summaries?.hurry();
  }

  /** The id in the initial pid namespace, which is the records', of the process `pid` names; `undefined`: none now. */
  hostPid(): number | undefined {
    return this.#session.hostPid() || undefined;
  }

  /** By program: how many instructions the verifier went through to load it; empty before Linux 5.16. */
  verifiedInstructions(): Readonly<Record<string, number>> {
    this.#assertOpen();
    return this.#session.verifiedInstructions();
  }

  /**
   * Ends recording and hands over all that was recorded or counted; resolves when the ring is empty. What is pinned goes
   * on recording: then the counts stay as they are, and what comes now is the next reader's. May be called again.
   */
  stop(): Promise<void> {
    if (this.#stopped) return this.#stopped;
    // Known as stopped before it settles: a batch handed over meanwhile may stop it again.
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#stopped = promise;
    this.#settle().then(resolve, reject);
    return promise;
  }

  /**
   * Frees everything; what is still in the ring is gone, so `stop` comes first. May be called again; everything else
   * throws `ERR_CLOSED` from now on.
   */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#doorbell?.close();
    this.#onBatch = undefined;
    this.#session.close();
  }

  /** Closes, and takes away what this tracer pinned, as if it had never been. What it found pinned goes on recording. */
  abandon(): void {
    this.#session.abandon();
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    await this.stop();
    this.close();
  }

  #assertOpen(): void {
    if (this.#closed) throw new TcpAcceptError('ERR_CLOSED', 'the tracer is closed');
  }

  async #settle(): Promise<void> {
    this.#assertOpen();
    clearTimeout(this.#timer);
    this.#doorbell?.wake();
    if (this.isPinned) return this.#leave();
    this.#session.detach();
    const deadline = performance.now() + SETTLE_MILLIS;
    while (this.#drain() > 0 || (!isSettled(this.counts()) && performance.now() < deadline)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    while ((this.#ends?.look(this.#drainedRecords) || this.counts().ends_in_ring > 0) && performance.now() < deadline) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    await this.#summaries?.finish(performance.now() + SETTLE_MILLIS);
  }

  /** Reads what is there now, and no more: it may come for ever. */
  async #leave(): Promise<void> {
    await this.#summaries?.finish(performance.now() + SETTLE_MILLIS);
    for (let left = this.#allCounts().in_ring; left > 0; ) {
      const count = this.#drain();
      left = count === 0 ? 0 : left - count;
    }
    const counts = this.earlier.without(this.#allCounts());
    const { filtered, self, aggregated, ring_full, unreadable, submitted } = counts;
    // An accept that is being decided on is not counted yet.
    const seen = filtered + self + aggregated + ring_full + unreadable + submitted;
    const in_summaries = aggregated - (this.#summaries?.accepts ?? 0);
    this.#finalCounts = { ...counts, seen, in_ring: submitted - this.#drainedRecords, in_summaries };
  }

  #schedule(pauseMillis: number): void {
    this.#timer = setTimeout(() => this.#tick(), pauseMillis);
    if (!this.#keepAlive) this.#timer.unref();
  }

  #rung(): void {
    if (this.#stopped || this.#closed) return;
    clearTimeout(this.#timer);
    this.#doorbell?.wake();
    this.#pace.found();
    this.#tick();
  }

  #tick(): void {
    this.#beforeDrain?.();
    const fill = this.#session.ringFill();
    const turnEnds = performance.now() + TURN_MILLIS;
    let count: number;
    do count = this.#drain();
    while (count === BATCH_RECORDS && performance.now() < turnEnds);
    const hasMoreEnds = this.#ends?.look(this.#drainedRecords);
    const hasMore = this.#summaries?.look() || hasMoreEnds || count === BATCH_RECORDS;
    if (this.#stopped || !this.#onBatch) return;
    this.#checkSettled();
    if (hasMore) this.#pace.found();
    const { pauseMillis, sleeps } = hasMore ? { pauseMillis: 0, sleeps: false } : this.#nextLook(count, fill);
    if (sleeps) this.#sleep();
    else this.#doorbell?.wake();
    this.#schedule(pauseMillis);
  }

  /** It comes sooner when we sleep and a ring has something. */
  #nextLook(records: number, fill: number): ReturnType<LookingPace['after']> {
    // What is held would ring, though nobody waits for it; what is being written may not.
    const mustLook = this.#session.ringFill() > 0;
    const turns = this.#summaries?.turns;
    return this.#pace.after({ records, fill, mustLook, nextCheckAt: this.#nextSettleCheck, turns });
  }

  #sleep(): void {
    this.#doorbell ??= new Doorbell(this.#session, () => this.#rung());
    this.#doorbell.sleep();
  }

  #checkSettled(): void {
    const now = performance.now();
    if (now < this.#nextSettleCheck) return;
    this.#nextSettleCheck = this.#session.settle() ? Number.POSITIVE_INFINITY : now + SETTLE_CHECK_MILLIS;
  }

  #drain(): number {
    if (!this.#onBatch) return 0;
    const count = this.#session.drain(this.#buffer);
    this.#drainedRecords += count;
    if (count > 0) {
      this.#pace.found();
      this.#native.readClock(this.#clock);
      const [bootToUnixNs = 0n, observedUnixNs = 0n] = this.#clock;
      this.#onBatch(new DrainedBatch(this.#buffer, count, { bootToUnixNs, observedUnixNs }));
      if (!this.#holds) this.release(count);
    }
    return count;
  }
}

function isSettled(counts: KernelCounts): boolean {
  const { seen, filtered, self, aggregated, ring_full, unreadable, submitted, in_ring } = counts;
  return in_ring === 0 && seen === filtered + self + aggregated + ring_full + unreadable + submitted;
}
