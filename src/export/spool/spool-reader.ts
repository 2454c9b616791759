import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { TcpAcceptError } from '../../errors.ts';
import { databasePath, openForReading } from './spool-database.ts';
import { holderOf } from './spool-lock.ts';
import type { SpoolContents } from './spool-settings.ts';
import { type SpooledRequest, SpoolTable } from './spool-table.ts';

/** What a spool's directory holds. */
export interface SpoolSummary extends SpoolContents {
  readonly directory: string;
  /** The process that holds it now. */
  readonly heldBy: number | undefined;
  /** Of the requests. */
  readonly bytes: number;
  /** When the requests were written; wall clock. */
  readonly oldestUnixMillis: number | undefined;
  readonly newestUnixMillis: number | undefined;
  /** Every database there, with its journal. */
  readonly files: readonly SpoolFile[];
}

export interface SpoolFile {
  readonly name: string;
  /** `damaged` and `newer` (of a later release) were kept aside, and are not counted in the summary. */
  readonly state: 'current' | 'damaged' | 'newer';
  readonly bytes: number;
}

/** Reads a spool without changing it, also while another process holds it. */
export class SpoolReader implements Disposable {
  readonly #directory: string;
  readonly #database: DatabaseSync | undefined;

  /** A spool that was never made is an empty one. Throws `ERR_SPOOL` for one that cannot be read. */
  constructor(directory: string) {
    this.#directory = directory;
    try {
      this.#database = existsSync(databasePath(directory)) ? openForReading(directory) : undefined;
    } catch (error) {
      throw unreadable(directory, error);
    }
  }

  summary(): SpoolSummary {
    const directory = this.#directory;
    const values = this.#read((database) =>
      database
        .prepare(
          `SELECT count(*) AS requests, ifnull(sum(records), 0) AS records, ifnull(sum(length(body)), 0) AS bytes,
            min(created_unix_millis) AS oldest, max(created_unix_millis) AS newest FROM request`,
        )
        .get(),
    );
    const time = (name: string) => (values?.[name] == null ? undefined : Number(values[name]));
    return {
      directory,
      heldBy: holderOf(directory),
      requests: Number(values?.['requests'] ?? 0),
      records: Number(values?.['records'] ?? 0),
      bytes: Number(values?.['bytes'] ?? 0),
      oldestUnixMillis: time('oldest'),
      newestUnixMillis: time('newest'),
      files: existsSync(directory) ? filesIn(directory) : [],
    };
  }

  /** Every request, oldest first; one that another process takes out meanwhile may be missing. */
  *requests(): Generator<SpooledRequest> {
    for (let after = -1; ; ) {
      const request = this.#read((database) => new SpoolTable(database).nextAfter(after));
      if (!request) return;
      yield request;
      after = request.id;
    }
  }

  [Symbol.dispose](): void {
    this.#database?.close();
  }

  #read<Result>(read: (database: DatabaseSync) => Result): Result | undefined {
    try {
      return this.#database && read(this.#database);
    } catch (error) {
      throw unreadable(this.#directory, error);
    }
  }
}

function filesIn(directory: string): SpoolFile[] {
  return readdirSync(directory)
    .sort()
    .flatMap((name) => {
      const [, state] = /^spool(?:\.(damaged|newer)-[^/]*)?\.sqlite$/.exec(name) ?? [];
      if (!name.endsWith('.sqlite')) return [];
      const paths = [name, `${name}-wal`].map((file) => join(directory, file)).filter((path) => existsSync(path));
      const bytes = paths.reduce((sum, path) => sum + statSync(path).size, 0);
      return [{ name, state: state === 'damaged' || state === 'newer' ? state : 'current', bytes } as const];
    });
}

function unreadable(directory: string, error: unknown): TcpAcceptError {
  const reason = error instanceof Error ? error.message : String(error);
  return new TcpAcceptError(
    'ERR_SPOOL',
    `the spool ${directory} cannot be read (${reason}); the next trace keeps a damaged one aside`,
    {
      cause: error,
    },
  );
}
