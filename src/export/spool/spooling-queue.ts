import { acceptsIn } from '../accept-counts.ts';
import type { EncodedRequest } from '../transport/encoded-request.ts';
import { SendingQueue, type SendingQueueParts } from '../transport/sending-queue.ts';
import type { DiskSpool } from './disk-spool.ts';
import type { SpoolSettings } from './spool-settings.ts';
import { StoredRequests } from './stored-requests.ts';

/** A request that has its place among all others. */
export type OrderedRequest = EncodedRequest & { readonly id: number };

export interface SpoolingQueueParts extends Pick<SendingQueueParts, 'settings' | 'ledger' | 'warn' | 'transport'> {
  readonly spool: DiskSpool;
  readonly spoolSettings: SpoolSettings;
  /** Told of each request, or part of one, that is on disk or settled; must not throw. */
  readonly onSafe: (request: EncodedRequest) => void;
  /** Told of each body that is on disk and was never tried, which nobody reads any more; must not throw. */
  readonly onUnused?: (body: Uint8Array) => void;
  /** How long memory holds what the endpoint does not take. Default: 5 s. */
  readonly spillAfterMillis?: number;
  readonly retryDelay?: SendingQueueParts['retryDelay'];
}

/** Of bodies that wait to be sent, and of those on their way to disk: with a spool, memory need not hold an outage. */
const MAX_QUEUE_BYTES = 8 * 1024 * 1024;
const MAX_WRITING_BYTES = 8 * 1024 * 1024;
/** Requests of the spool that are in memory to be sent. */
const MOST_LENT = 8;
const SPILL_AFTER_MILLIS = 5000;
/** A disk that took or gave nothing is tried again after this. */
const DISK_PAUSE_MILLIS = 10_000;
/** Of the time for closing: when the spool's own requests are no longer sent, and when nothing is. */
const CLOSE_FEEDING_PART = 0.5;
const CLOSE_SENDING_PART = 0.6;

/**
 * Delivers requests as a `SendingQueue` does, with a spool behind it: what cannot be sent now is written to disk, and
 * sent before anything newer.
 *
 * While the spool holds anything, what is offered goes behind it, and what is under way of it goes before what is much newer.
 * A disk that takes nothing leaves what memory alone can do.
 */
export class SpoolingQueue {
  readonly #parts: SpoolingQueueParts;
  readonly #queue: SendingQueue;
  readonly #stored: StoredRequests;
  readonly #writing = new Map<number, EncodedRequest>();
  #writingBytes = 0;
  #isLending = false;
  /** On the clock of `performance.now()`. */
  #diskPausedUntil = 0;
  #feedTimer: NodeJS.Timeout | undefined;
  #isFeeding = true;
  #isClosing = false;
  /** Resolved when there is nothing to wait for: at closing, then when the last write is done. */
  #idle = Promise.withResolvers<void>();
  #closing: Promise<void> | undefined;

  /** Counts what is in the spool as recovered, and begins to send it. */
  constructor(parts: SpoolingQueueParts) {
    const { spool, spoolSettings, ledger, settings, warn, transport, retryDelay } = parts;
    const spillAfterMillis = parts.spillAfterMillis ?? SPILL_AFTER_MILLIS;
    this.#parts = parts;
    this.#stored = new StoredRequests({
      spool,
      settings: spoolSettings,
      ledger,
      warn,
      onReturned: () => this.#feed(),
    });
    this.#queue = new SendingQueue({
      settings,
      ledger,
      warn,
      transport,
      maxBytes: MAX_QUEUE_BYTES,
      giveUpAfterMillis: () => (this.#diskTakes(0) ? spillAfterMillis : Number.POSITIVE_INFINITY),
      onGivenUp: this.#onGivenUp,
      onSettled: this.#onSettled,
      onParted: this.#onParted,
      onAttempt: () => this.#feed(),
      ...(retryDelay && { retryDelay }),
    });
    this.#feed();
  }

  /** Takes a request; never throws and never waits. */
  offer(request: OrderedRequest): void {
    const stored = this.#stored;
    const isBehind = stored.requests > 0 || stored.isOldLent || this.#writing.size > 0 || this.#isLending;
    const mustWrite = this.#parts.spoolSettings.mode === 'always' || isBehind || !this.#queue.hasRoomFor(request);
    if (mustWrite && this.#diskTakes(request.body.length)) this.#write(request, this.#parts.onUnused);
    else this.#queue.offer(request);
  }

  /** How much of the room there is taken, 0 to 1: on disk and on the way there, or in memory while the disk takes nothing. */
  get pressure(): number {
    if (!this.#diskTakes(0)) return this.#queue.pressure;
    return Math.max(this.#writingBytes / MAX_WRITING_BYTES, this.#stored.fullness);
  }

  /**
   * Sends what there is while the endpoint takes it, writes the rest to disk, and frees the spool; after
   * `deadlineMillis` what is not on disk is dropped. Never rejects.
   */
  close(deadlineMillis: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMillis);
    return this.#closing;
  }

  async #close(deadlineMillis: number): Promise<void> {
    const startedAt = performance.now();
    const left = (part: number) => Math.max(0, startedAt + deadlineMillis * part - performance.now());
    this.#isClosing = true;
    this.#checkIdle();
    await within(left(CLOSE_FEEDING_PART), this.#idle.promise);
    this.#isFeeding = false;
    await this.#queue.close(left(CLOSE_SENDING_PART));
    this.#idle = Promise.withResolvers();
    this.#checkIdle();
    await within(left(1), this.#idle.promise);
    clearTimeout(this.#feedTimer);
    const closed = this.#stored.close();
    for (const request of this.#writing.values()) {
      this.#parts.ledger.add('queued', -request.records);
      this.#drop(request, 'the disk was too slow');
    }
    await within(left(1), closed);
  }

  /** Takes out of the spool what the queue has room for. */
  #feed(): void {
    const limit = MOST_LENT - this.#stored.lent;
    const isReady = this.#isFeeding && !this.#isLending && this.#feedTimer === undefined;
    if (isReady && this.#stored.requests > 0 && limit > 0) {
      this.#isLending = true;
      this.#stored.lend(limit, this.#onLent);
    }
    this.#checkIdle();
  }

  readonly #onLent = (requests: readonly OrderedRequest[], mustWait: boolean): void => {
    this.#isLending = false;
    for (const request of requests) if (!this.#queue.force(request)) this.#stored.release(request);
    if (requests.length === 0 && this.#stored.requests > 0 && !mustWait) this.#pauseFeeding();
    // The end of what it waits for asks again; it may have come meanwhile.
    else if (!mustWait || this.#stored.lent === 0) this.#feed();
    else this.#checkIdle();
  };

  /** Nothing came though something should be there. */
  #pauseFeeding(): void {
    this.#feedTimer = setTimeout(() => {
      this.#feedTimer = undefined;
      this.#feed();
    }, DISK_PAUSE_MILLIS);
    this.#checkIdle();
  }

  #write(request: OrderedRequest, onUnused?: SpoolingQueueParts['onUnused']): void {
    this.#writing.set(request.id, request);
    this.#writingBytes += request.body.length;
    this.#stored.put(request, (failure) => {
      if (failure === undefined) onUnused?.(request.body);
      this.#onWritten(request, failure);
    });
  }

  #onWritten(request: OrderedRequest, failure: string | undefined): void {
    this.#writing.delete(request.id);
    this.#writingBytes -= request.body.length;
    if (failure === undefined) {
      this.#diskPausedUntil = 0;
      this.#parts.onSafe(request);
    } else {
      this.#diskPausedUntil = performance.now() + DISK_PAUSE_MILLIS;
      this.#stored.warnOf(failure, 'records wait in memory while there is room');
      if (this.#isFeeding) this.#queue.offer(request);
      else this.#drop(request, failure);
    }
    this.#feed();
  }

  readonly #onGivenUp = (request: EncodedRequest): void => {
    const { id = 0, body } = request;
    const ordered = { ...request, id };
    // What waited in the queue has its room there, which is as much again: all of it may be given up at once.
    if (this.#stored.isLent(id)) this.#stored.release(ordered);
    else if (this.#isFeeding && !this.#diskTakes(body.length - MAX_QUEUE_BYTES))
      this.#drop(request, 'there is no more room in memory');
    else {
      this.#write(ordered);
      // What waits behind it must not go before it.
      if (this.#isFeeding) queueMicrotask(() => this.#queue.giveUpWaiting());
    }
  };

  readonly #onSettled = (request: EncodedRequest): void => {
    this.#stored.remove(request.id);
    this.#parts.onSafe(request);
  };

  readonly #onParted = ({ id }: EncodedRequest, parts: readonly EncodedRequest[]): void => {
    if (id !== undefined && this.#stored.isLent(id)) this.#stored.part(id, parts);
  };

  #drop(request: EncodedRequest, reason: string): void {
    this.#parts.ledger.add('dropped', request.records);
    this.#parts.ledger.add('dropped_accepts', acceptsIn(request));
    this.#parts.warn('spool-dropped', `${request.records} records dropped: ${reason}, and they are not on disk`);
    this.#parts.onSafe(request);
  }

  #diskTakes(bytes: number): boolean {
    return performance.now() >= this.#diskPausedUntil && this.#writingBytes + bytes <= MAX_WRITING_BYTES;
  }

  #checkIdle(): void {
    if (!this.#isClosing) return;
    const isWritten = this.#writing.size === 0;
    if (!this.#isFeeding) {
      if (isWritten) this.#idle.resolve();
      return;
    }
    const isEmpty = isWritten && !this.#isLending && this.#stored.requests === 0 && this.#queue.isEmpty;
    if (isEmpty || this.#queue.isInTrouble || this.#feedTimer !== undefined) this.#idle.resolve();
  }
}

/** Waits, but no longer than so many milliseconds. */
async function within(millis: number, promise: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, millis);
  await Promise.race([promise, late.promise]);
  clearTimeout(timer);
}
