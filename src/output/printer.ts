import type { Writable } from 'node:stream';
import type { Ledger } from '../ledger.ts';
import type { AcceptRecord, RecordBatch, RecordSink } from '../record/accept-record.ts';
import type { EventKind, EventRecords } from '../record/events.ts';
import { ledgerLine, ndjsonLine } from './ndjson.ts';
import { type TableColumns, TableRows, tableHeader } from './table.ts';

/**
 * Bytes that may wait in the stream before a batch is let go of instead: some 8,000 rows of ndjson.
 *
 * A pipe takes 64 KiB at a time, so even a fast reader lags: of 20,000 rows in two seconds to cat, grep, gzip, Node.js and
 * Python's json at most 0.7 MiB waited.
 */
const MAX_PENDING_BYTES = 8 * 1024 * 1024;

/** How and how much to print, and whom to tell; a callback must not throw. */
export interface PrinterSettings extends TableColumns {
  readonly format: 'table' | 'ndjson' | 'none';
  /** Rows to print at most; records, where no rows are printed. */
  readonly limit?: number | undefined;
  /** Default 8 MiB. One batch more may wait: it is looked at before a batch is written. */
  readonly maxPendingBytes?: number;
  /** Called with each batch that was not printed because the reader is slow; not rate-limited. */
  readonly onWarning?: (text: string) => void;
  /** Called once, when the stream failed or was closed (`EPIPE`: its reader left); nothing is printed any more. */
  readonly onClosed?: (error: NodeJS.ErrnoException | undefined) => void;
  /** Called once, when the last record within the limit was taken; `flush` waits until it is out. */
  readonly onLimit?: () => void;
}

/**
 * Prints records to a stream and counts each: `printing` until the stream has taken it, then `printed`; or `unprinted`.
 *
 * Never waits for the reader: when more than `maxPendingBytes` wait, a batch is counted `unprinted` instead.
 */
export class Printer implements RecordSink {
  readonly #out: Writable;
  readonly #ledger: Ledger;
  readonly #settings: PrinterSettings;
  readonly #line: (record: AcceptRecord) => string;
  #open: boolean;
  #remaining: number;
  #pendingWrites = 0;
  #pendingRows = 0;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(out: Writable, ledger: Ledger, settings: PrinterSettings) {
    this.#out = out;
    this.#ledger = ledger;
    this.#settings = settings;
    this.#open = settings.format !== 'none';
    this.#remaining = settings.limit ?? Number.POSITIVE_INFINITY;
    const table = new TableRows(settings);
    this.#line =
      settings.format === 'ndjson' ? (record) => ndjsonLine('accepted', record) : (record) => table.row(record);
    if (!this.#open) return;
    // Without a listener a reader that leaves would end the process.
    out.on('error', (error) => this.#close(error));
    out.once('close', () => this.#close(undefined));
  }

  /** Prints the table's header, as tcpaccept(8) does once it traces; nothing for the other formats. */
  start(): void {
    if (this.#settings.format === 'table') this.#write(`${tableHeader(this.#settings)}\n`, 0);
  }

  accept(batch: RecordBatch): void {
    const rows = Math.min(batch.count, this.#remaining);
    if (rows > 0 && this.#open && this.#isFull()) {
      this.#ledger.add('unprinted', batch.count);
      this.#settings.onWarning?.(`${batch.count} rows were not printed: what reads stdout is too slow`);
      return;
    }
    const printed = this.#open ? rows : 0;
    this.#ledger.add('unprinted', batch.count - printed);
    if (printed > 0) this.#write(`${batch.records.slice(0, printed).map(this.#line).join('\n')}\n`, printed);
    this.#remaining -= rows;
    if (this.#remaining === 0 && rows > 0) this.#settings.onLimit?.();
  }

  /** Accepts that are told of without a row of their own, by `report`; they count towards the limit. */
  countTowardsLimit(accepts: number): void {
    const before = this.#remaining;
    this.#remaining = Math.max(0, before - accepts);
    if (this.#remaining === 0 && before > 0) this.#settings.onLimit?.();
  }

  /** Prints records of other events, where the format has a place for them; they are no rows, and not counted. */
  report<Kind extends EventKind>(kind: Kind, records: readonly EventRecords[Kind][]): void {
    this.#say(() => records.map((record) => ndjsonLine(kind, record)));
  }

  /** Prints the ledger, where the format has a place for it. */
  ledger(): void {
    this.#say(() => [ledgerLine(this.#ledger.counts())]);
  }

  /** Made only where they are printed: of a summary, a line takes twice what its record does. */
  #say(lines: () => readonly string[]): void {
    if (this.#settings.format !== 'ndjson' || !this.#open || this.#isFull()) return;
    for (const line of lines()) this.#write(`${line}\n`, 0);
  }

  /**
   * Waits until the stream has taken all that was written, at most `timeoutMillis`; `false` when it has not.
   *
   * What still waits then counts as `unprinted`, and nothing is printed any more. The stream may go on holding the
   * process: only `process.exit` ends it then.
   */
  async flush(timeoutMillis: number): Promise<boolean> {
    if (this.#pendingWrites === 0) return true;
    this.#idle ??= Promise.withResolvers<void>();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMillis);
    });
    await Promise.race([this.#idle.promise, timeout]);
    clearTimeout(timer);
    if (this.#pendingWrites === 0) return true;
    this.#open = false;
    this.#settle('unprinted', this.#pendingRows);
    return false;
  }

  #isFull(): boolean {
    return this.#out.writableLength > (this.#settings.maxPendingBytes ?? MAX_PENDING_BYTES);
  }

  #write(text: string, rows: number): void {
    this.#pendingWrites++;
    this.#pendingRows += rows;
    this.#ledger.add('printing', rows);
    this.#out.write(text, (error) => {
      this.#pendingWrites--;
      // After a flush that ran out of time these rows are counted already.
      this.#settle(error ? 'unprinted' : 'printed', Math.min(rows, this.#pendingRows));
      if (error) this.#close(error);
      if (this.#pendingWrites > 0) return;
      this.#idle?.resolve();
      this.#idle = undefined;
    });
  }

  #settle(fate: 'printed' | 'unprinted', rows: number): void {
    this.#pendingRows -= rows;
    this.#ledger.add('printing', -rows);
    this.#ledger.add(fate, rows);
  }

  #close(error: NodeJS.ErrnoException | undefined): void {
    if (!this.#open) return;
    this.#open = false;
    this.#settings.onClosed?.(error);
  }
}
