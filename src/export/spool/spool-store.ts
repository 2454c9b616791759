import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { acceptsOfRequest, sum } from '../accept-counts.ts';
import { DiskReserve, RESERVE_BYTES } from './disk-reserve.ts';
import { databasePath, moveAside, openSpoolDatabase, type SetAside } from './spool-database.ts';
import { holderOf, SpoolLock } from './spool-lock.ts';
import { LONGEST_TOGETHER_MILLIS, type SpoolContents, type SpoolSettings } from './spool-settings.ts';
import { PAGE_BYTES, type Row, roomOf, type SpooledRequest, SpoolTable } from './spool-table.ts';
import { SQLITE } from './sqlite-errors.ts';

/** What was found at the start. */
export interface OpenedSpool {
  readonly contents: SpoolContents;
  /** The highest id there is, 0 for none. */
  readonly lastId: number;
  readonly setAside: SetAside | undefined;
}

/** What happened to the spool beside what was asked. */
export interface SpoolNews {
  /** Pushed out by size or age, and the accepts it stood for. */
  readonly evicted: SpoolContents & { readonly accepts: number };
  /** The file was damaged, moved aside, and an empty one made: all rows are gone. */
  readonly setAside: SetAside | undefined;
  /** When the oldest of what is lent out was made. */
  readonly oldestLentUnixMillis: number | undefined;
  /** What the rows take on disk. */
  readonly roomBytes: number;
}

const NOTHING_EVICTED: SpoolNews['evicted'] = { requests: 0, records: 0, accepts: 0 };

/** From here on, of free pages, the file is made smaller: 4 MiB; and by 2 MiB at once, some 10 ms of work. */
const MOST_FREE_PAGES = 1024;
const VACUUM_PAGES = 512;
/** Freed on a full disk beside what is needed at once: for the reserve and the journal. */
const FREED_BYTES = RESERVE_BYTES + 1024 * 1024;
const SMALL_VACUUM_PAGES = 64;

/** Thrown when another process holds the directory; `pid` where that is known. */
export class SpoolHeld extends Error {
  readonly pid: number | undefined;

  constructor(pid: number | undefined) {
    super('another process holds the spool');
    this.pid = pid;
  }
}

/**
 * Requests on disk, oldest first; all calls are synchronous and throw SQLite's errors.
 *
 * What is lent out stays on disk until it is removed, and is neither lent again nor evicted until it is released.
 */
export class SpoolStore {
  readonly opened: OpenedSpool;
  readonly #settings: SpoolSettings;
  readonly #lock: SpoolLock;
  readonly #reserve: DiskReserve;
  /** By id, when it was made. */
  readonly #lent = new Map<number, number>();
  /** Settled, but not deleted yet: the disk was too full even for that. */
  readonly #gone = new Set<number>();
  #table: SpoolTable;
  #evicted = NOTHING_EVICTED;
  #setAside: SetAside | undefined;

  /** Takes the directory, made if missing. Throws `SpoolHeld`, and errors of the filesystem and SQLite. */
  constructor(settings: SpoolSettings) {
    const { directory } = settings;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const lock = SpoolLock.take(directory);
    if (!lock) throw new SpoolHeld(holderOf(directory));
    this.#settings = settings;
    this.#lock = lock;
    this.#reserve = new DiskReserve(join(directory, 'spool.reserve'));
    try {
      const { database, setAside } = this.#open();
      this.#table = new SpoolTable(database);
      const { lastId, ...contents } = this.#table.contents();
      this.opened = { contents, lastId, setAside };
    } catch (error) {
      lock.release();
      throw error;
    }
    this.#reserve.take();
  }

  /** Adds a request; the oldest are evicted where there is no room for it. */
  put(request: SpooledRequest): void {
    const room = roomOf(request.body.length);
    this.#guard(() => {
      if (this.#gone.has(request.id)) this.#deleteGone();
      this.#evictUntil(() => this.#table.roomBytes + room <= this.#settings.maxBytes);
      try {
        this.#table.insert(request, Date.now());
      } catch (error) {
        if (!SQLITE.isFull(error)) throw error;
        this.#freeDisk(room);
        this.#table.insert(request, Date.now());
        this.#reserve.take();
      }
    });
  }

  /**
   * The oldest requests that are not lent out, and may be under way beside what is; what is too old is evicted first.
   */
  lend(limit: number): readonly SpooledRequest[] {
    return this.#guard(() => {
      const oldestUnixMillis = Date.now() - this.#settings.maxAgeMillis;
      this.#evictUntil(({ createdUnixMillis }) => createdUnixMillis >= oldestUnixMillis);
      const rows = this.#present(limit);
      const oldest = this.#oldestLent ?? rows[0]?.createdUnixMillis ?? 0;
      const together = rows.filter(({ createdUnixMillis }) => createdUnixMillis <= oldest + LONGEST_TOGETHER_MILLIS);
      const requests = together.map(({ id, records }) => ({ id, records, body: this.#table.body(id) }));
      for (const { id, createdUnixMillis } of together) this.#lent.set(id, createdUnixMillis);
      return requests;
    });
  }

  /** Ends loans: `removed` are settled and deleted, `released` may be lent again. */
  settle(removed: readonly number[], released: readonly number[]): void {
    for (const id of released) this.#lent.delete(id);
    for (const id of removed) if (this.#lent.delete(id)) this.#gone.add(id);
    if (this.#gone.size > 0) this.#guard(() => this.#deleteGone());
  }

  /** Puts the parts of a request that is lent out in its place, lent out in turn; all or, when it throws, nothing. */
  part(id: number, parts: readonly SpooledRequest[]): void {
    this.#guard(() => {
      const row = this.#lent.has(id) ? this.#table.row(id) : undefined;
      if (!row) throw new Error(`the spool has not lent out request ${id}`);
      this.#table.replace(row, parts);
      for (const part of parts) this.#lent.set(part.id, row.createdUnixMillis);
    });
  }

  /** What happened since it was last asked for. */
  takeNews(): SpoolNews {
    const [evicted, setAside, oldestLentUnixMillis] = [this.#evicted, this.#setAside, this.#oldestLent];
    const news = { evicted, setAside, oldestLentUnixMillis, roomBytes: this.#table.roomBytes };
    this.#evicted = NOTHING_EVICTED;
    this.#setAside = undefined;
    return news;
  }

  close(): void {
    this.#table.close();
    this.#lock.release();
  }

  /** Opens the database; on a full disk its journal gets the room of the reserve. */
  #open(): ReturnType<typeof openSpoolDatabase> {
    try {
      return openSpoolDatabase(this.#settings.directory);
    } catch (error) {
      if (!SQLITE.isFull(error) || !this.#reserve.give()) throw error;
      return openSpoolDatabase(this.#settings.directory);
    }
  }

  get #oldestLent(): number | undefined {
    return this.#lent.size === 0 ? undefined : Math.min(...this.#lent.values());
  }

  /** The oldest rows that are neither lent out nor gone. */
  #present(limit: number): Row[] {
    const isPresent = ({ id }: Row) => !this.#lent.has(id) && !this.#gone.has(id);
    return this.#table
      .oldest(limit + this.#lent.size + this.#gone.size)
      .filter(isPresent)
      .slice(0, limit);
  }

  /** Deletes the oldest rows until one need not be. */
  #evictUntil(isEnough: (oldest: Row) => boolean): void {
    for (;;) {
      const [oldest] = this.#present(1);
      if (!oldest || isEnough(oldest)) return;
      const body = this.#table.body(oldest.id);
      const accepts = sum(acceptsOfRequest(body));
      // Not left to the garbage collection, which seldom comes here.
      if (body.buffer instanceof ArrayBuffer) body.buffer.transfer(0);
      this.#delete(oldest);
      const evicted = this.#evicted;
      this.#evicted = {
        requests: evicted.requests + 1,
        records: evicted.records + oldest.records,
        accepts: evicted.accepts + accepts,
      };
    }
  }

  /** On a full disk: deletes the oldest rows for `room` and some more, and gives it back to the filesystem. */
  #freeDisk(room: number): void {
    this.#reserve.give();
    this.#table.checkpoint();
    this.#deleteGone();
    const wanted = this.#table.roomBytes - room - FREED_BYTES;
    this.#evictUntil(() => this.#table.roomBytes <= wanted);
    // In small steps: the journal needs as much room as it frees.
    for (let freed = 0; freed < FREED_BYTES + room; freed += SMALL_VACUUM_PAGES * PAGE_BYTES) {
      this.#table.checkpoint();
      this.#table.vacuum(SMALL_VACUUM_PAGES, 0);
    }
    this.#table.checkpoint();
  }

  #deleteGone(): void {
    for (const id of this.#gone) {
      const row = this.#table.row(id);
      if (row) this.#delete(row);
      this.#gone.delete(id);
    }
    this.#table.vacuum(VACUUM_PAGES, MOST_FREE_PAGES);
  }

  /** Deletes, on a full disk with the help of the reserve. */
  #delete(row: Row): void {
    try {
      this.#table.delete(row);
    } catch (error) {
      if (!SQLITE.isFull(error) || !this.#reserve.give()) throw error;
      this.#table.delete(row);
    }
  }

  /** Does `work`; when the file turns out to be damaged, moves it aside and does it again, on an empty one. */
  #guard<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      if (!SQLITE.isDamage(error)) throw error;
      this.#table.close();
      const reason = error instanceof Error ? error.message : String(error);
      this.#setAside = { path: moveAside(databasePath(this.#settings.directory), 'damaged'), reason };
      this.#lent.clear();
      this.#gone.clear();
      this.#evicted = NOTHING_EVICTED;
      this.#table = new SpoolTable(openSpoolDatabase(this.#settings.directory).database);
      return work();
    }
  }
}
