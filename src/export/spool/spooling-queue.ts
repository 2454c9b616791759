import type { EncodedRequest } from '../transport/encoded-request.ts';
import { SendingQueue, type SendingQueueParts } from '../transport/sending-queue.ts';
import type { DiskSpool } from './disk-spool.ts';
import type { SpoolReply } from './spool-calls.ts';
import type { SpoolSettings } from './spool-settings.ts';

/** A request that has its place among all others. */
export type OrderedRequest = EncodedRequest & { readonly id: number };

export interface SpoolingQueueParts extends Pick<SendingQueueParts, 'settings' | 'ledger' | 'warn' | 'transport'> {
  readonly spool: DiskSpool;
  readonly spoolSettings: SpoolSettings;
  /** Told of each request, or part of one, that is on disk or settled; must not throw. */
  readonly onSafe: (request: EncodedRequest) => void;
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
/** A disk that took nothing is tried again after this. */
const DISK_PAUSE_MILLIS = 10_000;
/** Of the time for closing: when the spool's own requests are no longer sent, and when nothing is. */
const CLOSE_FEEDING_PART = 0.5;
const CLOSE_SENDING_PART = 0.6;

/**
 * Delivers requests as a `SendingQueue` does, with a spool behind it: what cannot be sent now is written to disk, and
 * sent before anything newer.
 *
 * While the spool holds anything, what is offered goes behind it. Records are `spooled` while their request is on disk
 * and not under way. A disk that takes nothing leaves what memory alone can do.
 */
export class SpoolingQueue {
  readonly #parts: SpoolingQueueParts;
  readonly #queue: SendingQueue;
  /** On disk and not lent out. */
  readonly #stored = { requests: 0, records: 0, roomBytes: 0 };
  /** On disk and in the queue. */
  readonly #lent = new Set<number>();
  readonly #writing = new Map<number, EncodedRequest>();
  #writingBytes = 0;
  #isLending = false;
  #removed: number[] = [];
  #released: number[] = [];
  #isFlushing = false;
  /** On the clock of `performance.now()`. */
  #diskPausedUntil = 0;
  #pauseTimer: NodeJS.Timeout | undefined;
  #isFeeding = true;
  #isClosing = false;
  #isOver = false;
  /** Resolved when there is nothing to wait for: at closing, then when the last write is done. */
  #idle = Promise.withResolvers<void>();
  #closing: Promise<void> | undefined;

  /** Counts what is in the spool as recovered, and begins to send it. */
  constructor(parts: SpoolingQueueParts) {
    const { spool, ledger, settings, warn, transport, retryDelay, spillAfterMillis = SPILL_AFTER_MILLIS } = parts;
    this.#parts = parts;
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
    const { contents } = spool.opened;
    ledger.add('recovered', contents.records);
    this.#moveStored(contents.requests, contents.records);
    this.#feed();
  }

  /** Takes a request; never throws and never waits. */
  offer(request: OrderedRequest): void {
    const isBehind = this.#stored.requests > 0 || this.#writing.size > 0 || this.#isLending;
    const mustWrite = this.#parts.spoolSettings.mode === 'always' || isBehind || !this.#queue.hasRoomFor(request);
    if (mustWrite && this.#diskTakes(request.body.length)) this.#write(request);
    else this.#queue.offer(request);
  }

  /** How much of the room there is taken, 0 to 1: on disk and on the way there, or in memory while the disk takes nothing. */
  get pressure(): number {
    if (!this.#diskTakes(0)) return this.#queue.pressure;
    const { maxBytes } = this.#parts.spoolSettings;
    return Math.min(1, Math.max(this.#writingBytes / MAX_WRITING_BYTES, this.#stored.roomBytes / maxBytes));
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
    this.#isOver = true;
    clearTimeout(this.#pauseTimer);
    for (const request of this.#writing.values()) {
      this.#parts.ledger.add('queued', -request.records);
      this.#drop(request, 'the disk was too slow');
    }
    this.#flushLoans();
    await within(left(1), this.#parts.spool.close());
  }

  /** Lends out of the spool what the queue has room for. */
  #feed(): void {
    const limit = MOST_LENT - this.#lent.size;
    const isPaused = this.#pauseTimer !== undefined;
    if (this.#isFeeding && !this.#isLending && !isPaused && this.#stored.requests > 0 && limit > 0) {
      this.#flushLoans();
      this.#isLending = true;
      void this.#parts.spool.call({ kind: 'lend', limit }).then(this.#onLent);
    }
    this.#checkIdle();
  }

  readonly #onLent = ({ lent, news, failure }: SpoolReply): void => {
    this.#isLending = false;
    if (this.#isOver) return;
    this.#takeNews(news);
    for (const request of lent) {
      this.#moveStored(-1, -request.records);
      this.#lent.add(request.id);
      if (!this.#queue.force(request)) this.#release(request);
    }
    if (failure !== undefined) this.#warnOfDisk(failure, 'what is on disk stays there');
    if (lent.length > 0) this.#feed();
    else this.#pauseFeeding();
  };

  /** Nothing came though something should be there: the disk is given time. */
  #pauseFeeding(): void {
    if (this.#stored.requests === 0 || this.#isClosing) {
      this.#checkIdle();
      return;
    }
    this.#pauseTimer = setTimeout(() => {
      this.#pauseTimer = undefined;
      this.#feed();
    }, DISK_PAUSE_MILLIS);
  }

  #write(request: OrderedRequest): void {
    const { ledger, spool } = this.#parts;
    ledger.add('queued', request.records);
    this.#writing.set(request.id, request);
    this.#writingBytes += request.body.length;
    const { id, records, body } = request;
    void spool.call({ kind: 'put', request: { id, records, body } }).then((reply) => this.#onWritten(request, reply));
  }

  #onWritten(request: OrderedRequest, { news, failure }: SpoolReply): void {
    if (this.#isOver) return;
    this.#takeNews(news);
    this.#writing.delete(request.id);
    this.#writingBytes -= request.body.length;
    this.#parts.ledger.add('queued', -request.records);
    if (failure === undefined) {
      this.#diskPausedUntil = 0;
      this.#moveStored(1, request.records);
      this.#parts.onSafe(request);
    } else {
      this.#diskPausedUntil = performance.now() + DISK_PAUSE_MILLIS;
      this.#warnOfDisk(failure, 'records wait in memory while there is room');
      if (this.#isFeeding) this.#queue.offer(request);
      else this.#drop(request, failure);
    }
    this.#feed();
  }

  readonly #onGivenUp = (request: EncodedRequest): void => {
    const { id, body } = request;
    if (id === undefined) this.#drop(request, 'it has no place');
    else if (this.#lent.has(id)) this.#release({ ...request, id });
    else if (this.#isFeeding && !this.#diskTakes(body.length)) this.#drop(request, 'there is no more room in memory');
    else {
      this.#write({ ...request, id });
      // What waits behind it must not go before it.
      if (this.#isFeeding) queueMicrotask(() => this.#queue.giveUpWaiting());
    }
  };

  readonly #onSettled = (request: EncodedRequest): void => {
    if (request.id !== undefined && this.#lent.delete(request.id)) this.#removed.push(request.id);
    this.#planFlush();
    this.#parts.onSafe(request);
  };

  readonly #onParted = ({ id }: EncodedRequest, parts: readonly EncodedRequest[]): void => {
    if (id === undefined || !this.#lent.has(id)) return;
    const ordered = parts.map(({ body, records, id: partId = id }) => ({ body, records, id: partId }));
    for (const part of ordered) this.#lent.add(part.id);
    void this.#parts.spool.call({ kind: 'part', id, parts: ordered }).then(({ news, failure }) => {
      if (this.#isOver) return;
      this.#takeNews(news);
      if (failure === undefined) return;
      // The whole is no longer needed on disk, and the parts are in memory only.
      for (const part of ordered) this.#lent.delete(part.id);
      this.#removed.push(id);
      this.#planFlush();
    });
  };

  #release({ id, records }: OrderedRequest): void {
    this.#lent.delete(id);
    this.#released.push(id);
    this.#moveStored(1, records);
    this.#planFlush();
  }

  /** One call for all the loans that end in one turn. */
  #planFlush(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.#flushLoans();
      this.#feed();
    });
  }

  #flushLoans(): void {
    const [removed, released] = [this.#removed, this.#released];
    if (removed.length + released.length === 0) return;
    [this.#removed, this.#released] = [[], []];
    void this.#parts.spool.call({ kind: 'settle', removed, released }).then(({ news, failure }) => {
      if (this.#isOver) return;
      this.#takeNews(news);
      if (failure !== undefined) this.#warnOfDisk(failure, 'what was sent cannot be deleted yet');
    });
  }

  #takeNews({ evicted, setAside, roomBytes }: SpoolReply['news']): void {
    const { ledger, warn, spoolSettings } = this.#parts;
    this.#stored.roomBytes = roomBytes;
    if (setAside) {
      const { requests, records } = this.#stored;
      this.#lent.clear();
      this.#moveStored(-requests, -records);
      ledger.add('dropped', records);
      warn(
        'spool-damaged',
        `the spool was damaged (${setAside.reason}): ${records} records dropped; the file is kept as ${setAside.path}`,
      );
    }
    if (evicted.requests === 0) return;
    this.#moveStored(-evicted.requests, -evicted.records);
    ledger.add('evicted', evicted.records);
    warn(
      'spool-evicted',
      `${evicted.records} records pushed out of the spool ${spoolSettings.directory}, the oldest: it is full, or they are too old (--spool-max-bytes, --spool-max-age)`,
    );
  }

  #moveStored(requests: number, records: number): void {
    this.#stored.requests += requests;
    this.#stored.records += records;
    this.#parts.ledger.add('spooled', records);
  }

  #drop(request: EncodedRequest, reason: string): void {
    this.#parts.ledger.add('dropped', request.records);
    this.#parts.warn('spool-dropped', `${request.records} records dropped: ${reason}, and they are not on disk`);
    this.#parts.onSafe(request);
  }

  #warnOfDisk(failure: string, what: string): void {
    this.#parts.warn('spool-disk', `the spool ${this.#parts.spoolSettings.directory} fails (${failure}): ${what}`);
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
    if (isEmpty || this.#queue.isInTrouble) this.#idle.resolve();
  }
}

/** Waits, but no longer than so many milliseconds. */
async function within(millis: number, promise: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, millis);
  await Promise.race([promise, late.promise]);
  clearTimeout(timer);
}
