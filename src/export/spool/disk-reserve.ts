import { closeSync, existsSync, openSync, rmSync, writeSync } from 'node:fs';

/** SQLite needs some pages to delete rows, for its journal and its lists of free pages. */
const RESERVE_BYTES = 1024 * 1024;

/** A file of no content, there to be given up when the disk is full: without any room SQLite cannot even delete. */
export class DiskReserve {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Takes the room, unless it is taken already; `false` when there is none. */
  take(): boolean {
    if (existsSync(this.#path)) return true;
    const file = openSync(this.#path, 'w', 0o600);
    try {
      // Written, and not of zeros only: room that a filesystem need not give is no reserve.
      writeSync(file, Buffer.alloc(RESERVE_BYTES, 'otel-tcpaccept '));
      return true;
    } catch {
      rmSync(this.#path, { force: true });
      return false;
    } finally {
      closeSync(file);
    }
  }

  /** Frees the room; `false` when there was no reserve. */
  give(): boolean {
    const isThere = existsSync(this.#path);
    rmSync(this.#path, { force: true });
    return isThere;
  }
}
