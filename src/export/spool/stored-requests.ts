import type { Ledger } from '../../ledger.ts';
import type { Warn } from '../diagnostics.ts';
import type { EncodedRequest } from '../transport/encoded-request.ts';
import type { DiskSpool } from './disk-spool.ts';
import type { SpoolReply } from './spool-calls.ts';
import { LONGEST_TOGETHER_MILLIS, type SpoolSettings } from './spool-settings.ts';
import type { SpooledRequest } from './spool-table.ts';

export interface StoredRequestsParts {
  readonly spool: DiskSpool;
  readonly settings: SpoolSettings;
  readonly ledger: Ledger;
  readonly warn: Warn;
  /** Told when loans have ended; must not throw. */
  readonly onReturned: () => void;
}

/**
 * What is on disk, as this thread knows it: counts records `spooled` while their request is there and not lent out, and
 * `evicted` or `dropped` when the disk lost them.
 */
export class StoredRequests {
  readonly #parts: StoredRequestsParts;
  readonly #lent = new Set<number>();
  #requests = 0;
  #records = 0;
  #roomBytes = 0;
  #oldestLentUnixMillis: number | undefined;
  #removed: number[] = [];
  #released: number[] = [];
  #isReturning = false;
  #isOver = false;

  /** Counts what is in the spool as recovered. */
  constructor(parts: StoredRequestsParts) {
    this.#parts = parts;
    const { requests, records } = parts.spool.opened.contents;
    parts.ledger.add('recovered', records);
    this.#move(requests, records);
  }

  /** On disk and not lent out. */
  get requests(): number {
    return this.#requests;
  }

  /** Requests that are lent out. */
  get lent(): number {
    return this.#lent.size;
  }

  /** Whether something is lent out that nothing new may be under way beside. */
  get isOldLent(): boolean {
    const oldest = this.#oldestLentUnixMillis ?? Number.POSITIVE_INFINITY;
    return this.#lent.size > 0 && Date.now() > oldest + LONGEST_TOGETHER_MILLIS;
  }

  /** How much of the room on disk is taken, 0 to 1. */
  get fullness(): number {
    return Math.min(1, this.#roomBytes / this.#parts.settings.maxBytes);
  }

  isLent(id: number | undefined): boolean {
    return id !== undefined && this.#lent.has(id);
  }

  /**
   * Writes a request, which is `queued` meanwhile and counts here once it is on disk; else `onWritten` is told why it is
   * not, and counts it. Callbacks are made in the turn in which the counts move.
   */
  put({ id, records, body }: SpooledRequest, onWritten: (failure: string | undefined) => void): void {
    const { spool, ledger } = this.#parts;
    ledger.add('queued', records);
    void spool.call({ kind: 'put', request: { id, records, body } }).then((reply) => {
      if (this.#isOver) return;
      this.#takeNews(reply);
      ledger.add('queued', -records);
      if (reply.failure === undefined) this.#move(1, records);
      onWritten(reply.failure);
    });
  }

  /**
   * Gives the oldest requests to `onLent`, which counts them; none, with a warning, where they cannot be read, and none
   * where they are to wait for what was lent out before.
   */
  lend(limit: number, onLent: (requests: readonly SpooledRequest[], mustWait: boolean) => void): void {
    this.#returnLoans();
    void this.#parts.spool.call({ kind: 'lend', limit }).then((reply) => {
      if (this.#isOver) return;
      this.#takeNews(reply);
      for (const { id, records } of reply.lent) {
        this.#move(-1, -records);
        this.#lent.add(id);
      }
      if (reply.failure !== undefined) this.warnOf(reply.failure, 'what is on disk stays there');
      onLent(reply.lent, reply.lent.length === 0 && reply.news.oldestLentUnixMillis !== undefined);
    });
  }

  /** Ends a loan: the request is where it was, and counts again. */
  release({ id, records }: SpooledRequest): void {
    this.#lent.delete(id);
    this.#released.push(id);
    this.#move(1, records);
    this.#planReturn();
  }

  /** Ends a loan, if it is one: the request is settled, and needed no more. */
  remove(id: number | undefined): void {
    if (id === undefined || !this.#lent.delete(id)) return;
    this.#removed.push(id);
    this.#planReturn();
  }

  /** Puts parts in the place of a request that is lent out; without room for that they are in memory only. */
  part(id: number, parts: readonly EncodedRequest[]): void {
    const ordered = parts.map(({ body, records, id: partId = id }) => ({ body, records, id: partId }));
    for (const part of ordered) this.#lent.add(part.id);
    void this.#parts.spool.call({ kind: 'part', id, parts: ordered }).then((reply) => {
      this.#takeNews(reply);
      if (reply.failure === undefined || this.#isOver) return;
      for (const part of ordered) this.#lent.delete(part.id);
      this.#removed.push(id);
      this.#planReturn();
    });
  }

  warnOf(failure: string, consequence: string): void {
    const { warn, settings } = this.#parts;
    warn('spool-disk', `the spool ${settings.directory} fails (${failure}): ${consequence}`);
  }

  /** Counts nothing from now on; resolves when the directory is free. */
  async close(): Promise<void> {
    this.#isOver = true;
    this.#returnLoans();
    await this.#parts.spool.close();
  }

  /** One call for all the loans that end in one turn. */
  #planReturn(): void {
    if (this.#isReturning) return;
    this.#isReturning = true;
    queueMicrotask(() => {
      this.#isReturning = false;
      this.#returnLoans();
      this.#parts.onReturned();
    });
  }

  #returnLoans(): void {
    const [removed, released] = [this.#removed, this.#released];
    if (removed.length + released.length === 0) return;
    [this.#removed, this.#released] = [[], []];
    void this.#parts.spool.call({ kind: 'settle', removed, released }).then((reply) => {
      this.#takeNews(reply);
      if (reply.failure !== undefined && !this.#isOver)
        this.warnOf(reply.failure, 'what was sent cannot be deleted yet');
    });
  }

  #takeNews({ news: { evicted, setAside, oldestLentUnixMillis, roomBytes } }: SpoolReply): void {
    if (this.#isOver) return;
    const { ledger, warn, settings } = this.#parts;
    this.#roomBytes = roomBytes;
    this.#oldestLentUnixMillis = oldestLentUnixMillis;
    if (setAside) {
      const { reason, path } = setAside;
      const records = this.#records;
      this.#lent.clear();
      this.#move(-this.#requests, -records);
      ledger.add('dropped', records);
      ledger.add('dropped_accepts', records);
      warn(
        'spool-damaged',
        `the spool was damaged (${reason}): ${records} records dropped; the file is kept as ${path}`,
      );
    }
    if (evicted.requests === 0) return;
    this.#move(-evicted.requests, -evicted.records);
    ledger.add('evicted', evicted.records);
    ledger.add('evicted_accepts', evicted.accepts);
    warn(
      'spool-evicted',
      `${evicted.records} records pushed out of the spool ${settings.directory}, the oldest: it is full, or they are too old (--spool-max-bytes, --spool-max-age)`,
    );
  }

  #move(requests: number, records: number): void {
    this.#requests += requests;
    this.#records += records;
    this.#parts.ledger.add('spooled', records);
  }
}
