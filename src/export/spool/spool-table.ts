import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { SpoolContents } from './spool-settings.ts';

/** A request as a row of the spool. */
export interface SpooledRequest {
  readonly id: number;
  readonly records: number;
  readonly body: Uint8Array;
}

/** What is known of a row without its body. */
export interface Row {
  readonly id: number;
  readonly records: number;
  readonly createdUnixMillis: number;
  readonly bytes: number;
}

type Values = Readonly<Record<string, SQLOutputValue>>;

export const PAGE_BYTES = 4096;
/** Of an overflow page, which ends with a pointer: what a page holds of a long body. */
const BODY_BYTES_OF_PAGE = 4092;
const ROW_SQL = 'SELECT id, records, created_unix_millis, length(body) AS bytes FROM request';

/** The table of requests: one statement a method, each committed by itself; they throw SQLite's errors. */
export class SpoolTable {
  readonly #database: DatabaseSync;
  /** By their text. One that ran keeps a copy of what was bound to it until it runs again, or until garbage is collected. */
  readonly #statements = new Map<string, StatementSync>();
  #roomBytes: number;

  constructor(database: DatabaseSync) {
    this.#database = database;
    const room = `ifnull(sum((length(body) / ${BODY_BYTES_OF_PAGE} + 2) * ${PAGE_BYTES}), 0)`;
    this.#roomBytes = Number(database.prepare(`SELECT ${room} AS room FROM request`).get()?.['room']);
  }

  /** What the rows take on disk. */
  get roomBytes(): number {
    return this.#roomBytes;
  }

  contents(): SpoolContents & { readonly lastId: number } {
    const counts = 'count(*) AS requests, ifnull(sum(records), 0) AS records, ifnull(max(id), 0) AS last';
    const values = this.#prepared(`SELECT ${counts} FROM request`).get() ?? {};
    const number = (name: string) => Number(values[name] ?? 0);
    return { requests: number('requests'), records: number('records'), lastId: number('last') };
  }

  insert({ id, records, body }: SpooledRequest, createdUnixMillis: number): void {
    this.#prepared('INSERT INTO request (id, created_unix_millis, records, body) VALUES (?, ?, ?, ?)').run(
      id,
      createdUnixMillis,
      records,
      body,
    );
    this.#roomBytes += roomOf(body.length);
  }

  delete({ id, bytes }: Row): void {
    const { changes } = this.#prepared('DELETE FROM request WHERE id = ?').run(id);
    if (changes !== 0) this.#roomBytes -= roomOf(bytes);
  }

  /** Puts others in the place of a row, all or nothing. */
  replace(row: Row, parts: readonly SpooledRequest[]): void {
    const before = this.#roomBytes;
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      this.delete(row);
      for (const part of parts) this.insert(part, row.createdUnixMillis);
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#roomBytes = before;
      // SQLite may have rolled back by itself, and says so by an error.
      try {
        this.#database.exec('ROLLBACK');
      } catch {}
      throw error;
    }
  }

  row(id: number): Row | undefined {
    const values = this.#prepared(`${ROW_SQL} WHERE id = ?`).get(id);
    return values && rowOf(values);
  }

  /** The oldest, so many at most. */
  oldest(limit: number): Row[] {
    return this.#prepared(`${ROW_SQL} ORDER BY id LIMIT ?`).all(limit).map(rowOf);
  }

  /** The oldest behind the one with this id, or where that was. */
  nextAfter(id: number): SpooledRequest | undefined {
    const values = this.#prepared(`${ROW_SQL} WHERE id > ? ORDER BY id LIMIT 1`).get(id);
    if (!values) return undefined;
    const row = rowOf(values);
    return { id: row.id, records: row.records, body: this.body(row.id) };
  }

  body(id: number): Uint8Array {
    const body = this.#prepared('SELECT body FROM request WHERE id = ?').get(id)?.['body'];
    if (!(body instanceof Uint8Array)) throw new Error(`the spool has no request ${id}`);
    return body;
  }

  /** Makes the file smaller by up to so many pages, if more than `mostFreePages` are free; the journal grows by as many. */
  vacuum(pages: number, mostFreePages: number): void {
    const free = Number(this.#prepared('PRAGMA freelist_count').get()?.['freelist_count'] ?? 0);
    if (free > mostFreePages) this.#database.exec(`PRAGMA incremental_vacuum(${pages})`);
  }

  /** Brings what is in the journal into the file, and makes the journal empty. */
  checkpoint(): void {
    this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  close(): void {
    this.#database.close();
  }

  #prepared(text: string): StatementSync {
    const statement = this.#statements.get(text) ?? this.#database.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }
}

/** What a body takes on disk, about. */
export function roomOf(bytes: number): number {
  return (Math.floor(bytes / BODY_BYTES_OF_PAGE) + 2) * PAGE_BYTES;
}

function rowOf(values: Values): Row {
  const number = (name: string) => Number(values[name]);
  return {
    id: number('id'),
    records: number('records'),
    createdUnixMillis: number('created_unix_millis'),
    bytes: number('bytes'),
  };
}
