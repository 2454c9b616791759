import { open, readdir } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { type CollectedRecord, parseRecords } from './collected-record.ts';

interface FileProgress {
  offset: number;
  /** The start of a line whose end was not written yet. */
  partial: Buffer;
}

/** Reads the file exporter's output as it grows, each byte once, across rotations and restarts of the collector. */
export class RecordsFile {
  readonly #folder: string;
  readonly #name: string;
  /** By inode, which a rotation's rename keeps. */
  readonly #progress = new Map<number, FileProgress>();
  readonly #records: CollectedRecord[] = [];
  #reading: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.#folder = dirname(path);
    this.#name = basename(path);
  }

  /** Everything collected until now, oldest first; the same array, longer, at the next call. A missing file is no records. */
  read(): Promise<readonly CollectedRecord[]> {
    // One at a time: two reads at once would both take the same bytes.
    const reading = this.#reading.then(() => this.#readNew());
    this.#reading = reading.catch(() => {});
    return reading;
  }

  async #readNew(): Promise<readonly CollectedRecord[]> {
    for (const name of await this.#fileNames()) await this.#readFile(name);
    return this.#records;
  }

  /** Rotated files, oldest first (their names hold the time), then the current one. */
  async #fileNames(): Promise<string[]> {
    const extension = extname(this.#name);
    const rotatedPrefix = `${basename(this.#name, extension)}-`;
    const names = await readdir(this.#folder).catch(whenMissing([]));
    const rotated = names.filter((name) => name.startsWith(rotatedPrefix) && name.endsWith(extension)).sort();
    return [...rotated, this.#name];
  }

  async #readFile(name: string): Promise<void> {
    const file = await open(join(this.#folder, name)).catch(whenMissing(undefined));
    if (file === undefined) return;
    try {
      const { ino, size } = await file.stat();
      const progress = this.#progress.get(ino) ?? { offset: 0, partial: Buffer.alloc(0) };
      this.#progress.set(ino, progress);
      const unread = Buffer.alloc(Math.max(0, size - progress.offset));
      const { bytesRead } = await file.read(unread, 0, unread.length, progress.offset);
      progress.offset += bytesRead;
      this.#takeLines(progress, unread.subarray(0, bytesRead));
      // The exporter writes a line and its newline separately, so a rotation can come between them.
      if (name !== this.#name) this.#takeLines(progress, Buffer.from('\n'));
    } finally {
      await file.close();
    }
  }

  #takeLines(progress: FileProgress, added: Buffer): void {
    const text = Buffer.concat([progress.partial, added]);
    const end = text.lastIndexOf('\n') + 1;
    progress.partial = text.subarray(end);
    for (const line of text.toString('utf8', 0, end).split('\n')) {
      if (line === '') continue;
      for (const record of parseRecords(line)) this.#records.push(record);
    }
  }
}

function whenMissing<T>(fallback: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return fallback;
    throw error;
  };
}
