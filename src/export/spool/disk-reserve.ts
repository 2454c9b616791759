import { closeSync, existsSync, openSync, rmSync, writeSync } from 'node:fs';

/**
 * SQLite deletes by writing to its journal, and empties the journal by writing to the file: room for a journal at its
 * longest (1 MiB, `CHECKPOINT_PAGES`, and a request), and for the deleting after it. With less, a full disk stayed full.
 */
export const RESERVE_BYTES = 2 * 1024 * 1024;

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
