import { closeSync, existsSync, openSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SQLITE } from './sqlite-errors.ts';

/** Of the file; one that has a higher one was made by a later release. */
export const SCHEMA_VERSION = 1;
/** `otac`: of SQLite's header, by which file(1) and others tell whose it is. */
const APPLICATION_ID = 0x6f746163;

/** In pages of 4 KiB: an automatic checkpoint takes the longer the rarer it comes. */
const CHECKPOINT_PAGES = 256;

/** Why a file was moved out of the way. */
export interface SetAside {
  readonly path: string;
  readonly reason: string;
}

/** The database of a directory, made if missing, and what had to be moved aside for it; nothing is ever deleted. */
export function openSpoolDatabase(directory: string): {
  readonly database: DatabaseSync;
  readonly setAside: SetAside | undefined;
} {
  const path = databasePath(directory);
  try {
    return { database: openWritable(path), setAside: undefined };
  } catch (error) {
    const isNewer = error instanceof NewerVersion;
    if (!isNewer && !SQLITE.isDamage(error)) throw error;
    const setAside = { path: moveAside(path, isNewer ? 'newer' : 'damaged'), reason: (error as Error).message };
    return { database: openWritable(path), setAside };
  }
}

/** Opens what is there for reading only, also while another process holds it. Throws SQLite's errors. */
export function openForReading(directory: string): DatabaseSync {
  const database = new DatabaseSync(databasePath(directory), { readOnly: true, timeout: 1000 });
  try {
    checkVersion(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** The files of a directory's database that may hold records. */
export function databasePath(directory: string): string {
  return join(directory, 'spool.sqlite');
}

/** Moves a database with its journals; gives the new path. */
export function moveAside(path: string, why: string): string {
  const stamp = new Date().toISOString().replaceAll(':', '').replace('.', '-');
  const aside = path.replace(/\.sqlite$/, `.${why}-${stamp}.sqlite`);
  for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  return aside;
}

/** Makes an empty file that only its owner may read, unless it is there; SQLite gives its journals the same mode. */
export function makePrivate(path: string): void {
  // One that is there is not opened: closing it again would end the locks this process has on it.
  if (!existsSync(path)) closeSync(openSync(path, 'wx', 0o600));
}

class NewerVersion extends Error {}

function openWritable(path: string): DatabaseSync {
  makePrivate(path);
  const database = new DatabaseSync(path, { timeout: 1000 });
  try {
    database.exec(`
      PRAGMA auto_vacuum = INCREMENTAL;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
      PRAGMA cache_size = -2048;
    `);
    if (checkVersion(database) === 0) {
      database.exec(`
        BEGIN IMMEDIATE;
        CREATE TABLE request (
          id INTEGER PRIMARY KEY,
          created_unix_millis INTEGER NOT NULL,
          records INTEGER NOT NULL,
          -- ExportLogsServiceRequest, opentelemetry-proto 1, as protobuf
          body BLOB NOT NULL
        ) STRICT;
        PRAGMA application_id = ${APPLICATION_ID};
        PRAGMA user_version = ${SCHEMA_VERSION};
        COMMIT;
      `);
    }
    // Looks at every row: most damage shows here.
    database.prepare('SELECT sum(length(body)) FROM request').get();
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function checkVersion(database: DatabaseSync): number {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (version > SCHEMA_VERSION) {
    throw new NewerVersion(`it has the version ${version} of a later release; this one knows ${SCHEMA_VERSION}`);
  }
  return version;
}
