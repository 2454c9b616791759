import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makePrivate } from './spool-database.ts';
import { SQLITE } from './sqlite-errors.ts';

/** Where SQLite locks a database file: PENDING_BYTE of its os.h. */
const LOCKED_BYTE = 0x4000_0000;

/**
 * Holds a spool's directory for this process until it is released or the process ends, however it ends: a lock of the
 * kernel's on an empty SQLite database, since Node has no other way to take one.
 */
export class SpoolLock {
  readonly #database: DatabaseSync;

  /** `undefined` when another process holds it. Throws SQLite's errors. */
  static take(directory: string): SpoolLock | undefined {
    makePrivate(lockPath(directory));
    const database = new DatabaseSync(lockPath(directory), { timeout: 0 });
    try {
      database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
      return new SpoolLock(database);
    } catch (error) {
      database.close();
      if (SQLITE.codeOf(error) === SQLITE.BUSY) return undefined;
      throw error;
    }
  }

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  release(): void {
    this.#database.close();
  }
}

/** The process that holds a spool's directory, as /proc/locks has it; `undefined`: none, or one that is not seen here. */
export function holderOf(directory: string): number | undefined {
  const path = lockPath(directory);
  if (!existsSync(path)) return undefined;
  const { ino } = statSync(path);
  for (const line of readFileSync('/proc/locks', 'utf8').split('\n')) {
    // `2: POSIX  ADVISORY  WRITE 812 fe:00:9978138 1073741824 1073742335`
    const [, , , , pid, file = '', start] = line.trim().split(/\s+/);
    if (file.endsWith(`:${ino}`) && Number(start) >= LOCKED_BYTE) return Number(pid) > 0 ? Number(pid) : undefined;
  }
  return undefined;
}

function lockPath(directory: string): string {
  return join(directory, 'spool.lock');
}
