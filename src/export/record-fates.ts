import type { Ledger } from '../ledger.ts';
import type { BatchFate } from './counting-exporter.ts';
import type { Warn } from './diagnostics.ts';
import { type ExportFailure, explainFailure } from './export-failure.ts';
import { oneLine } from './foreign-text.ts';
import type { OtlpSettings } from './otlp-environment.ts';
import type { ResponseNote } from './response-notes.ts';

/**
 * Counts every record from `queued` to exactly one of delivered, rejected and dropped, and warns of what is lost.
 *
 * `drained` is counted by whoever hands the records on.
 */
export class RecordFates {
  readonly #settings: OtlpSettings;
  readonly #ledger: Ledger;
  readonly #warn: Warn;
  #underWay = 0;
  #isClosed = false;
  #isOver = false;
  #lastFailure: ExportFailure | undefined;

  constructor(settings: OtlpSettings, ledger: Ledger, warn: Warn) {
    this.#settings = settings;
    this.#ledger = ledger;
    this.#warn = warn;
  }

  /** How many of `count` records may be emitted, counted as queued; the rest is dropped, the newest as the SDK does. */
  admit(count: number): number {
    const { maxQueueSize } = this.#settings.batch;
    const admitted = this.#isClosed ? 0 : Math.min(count, maxQueueSize - this.#underWay);
    this.enter(admitted);
    if (admitted < count) this.refuse(count - admitted);
    return admitted;
  }

  /** How much of the room for records is taken, 0 to 1. */
  get pressure(): number {
    return Math.min(1, this.#underWay / this.#settings.batch.maxQueueSize);
  }

  /** Counts records as queued, for which there is room. */
  enter(count: number): void {
    this.#underWay += count;
    this.#ledger.add('queued', count);
  }

  /** Counts records as dropped for which there is no room; `full` is what waits already, by default all the records. */
  refuse(count: number, full?: string): void {
    this.#ledger.add('dropped', count);
    if (this.#isClosed) return;
    const [most, option] = full ? [full, ''] : [this.#settings.batch.maxQueueSize, ' (OTEL_BLRP_MAX_QUEUE_SIZE)'];
    this.#warn('export-queue-full', `${count} records dropped: ${most} wait for ${this.#whoever()} already${option}`);
  }

  /** Records that leave unsettled: whoever takes them over counts them from here on. */
  handOver(count: number): void {
    this.#underWay -= count;
    this.#ledger.add('queued', -count);
  }

  /** What became of some of the admitted records. */
  readonly settle = (fate: BatchFate): void => {
    if (this.#isOver) return;
    if (fate.kind === 'taken') this.#settleTaken(fate.count, fate.note);
    else this.#settleFailed(fate.count, explainFailure(fate.error, this.#settings));
  };

  /** A connection that could not be made: said at once, since the exporter first tries again for some seconds. */
  readonly onConnectError = (error: Error): void => this.warnOf(error, 'trying again before records are dropped');

  /** A failure that is not the end of any record: what it means, and what we do `next`. */
  warnOf(error: Error, next: string): void {
    if (this.#isOver) return;
    const failure = explainFailure(error, this.#settings);
    this.#lastFailure = failure;
    this.#warn(failure.cause, `${failure.what}: ${failure.mend}; ${next}`);
  }

  /** Nothing is admitted from now on. */
  close(): void {
    this.#isClosed = true;
  }

  /** The end: what is still under way counts as dropped, and whatever comes later changes nothing. */
  end(): void {
    this.#isOver = true;
    const count = this.#underWay;
    if (count === 0) return;
    this.#move('dropped', count);
    const { cause, what } = this.#lastFailure ?? { cause: 'export-end', what: `${this.#whoever()} was too slow` };
    this.#warn(cause, `${what}; ${records(count)} dropped at the end`);
  }

  #settleTaken(count: number, note: ResponseNote): void {
    const rejected = Math.min(note.rejected, count);
    this.#lastFailure = undefined;
    this.#move('delivered', count - rejected);
    this.#move('rejected', rejected);
    const said = note.message && ` and says: ${oneLine(note.message)}`;
    if (rejected > 0) this.#warn('export-partial', `${this.#whoever()} rejected ${records(rejected)}${said}`);
    else if (said) this.#warn('export-note', `${this.#whoever()} took ${records(count)}${said}`);
    if (note.unreadable) {
      this.#warn(
        'export-unreadable',
        `the answer of ${this.#whoever()} is no OTLP response: does it take logs at all?`,
      );
    }
  }

  #settleFailed(count: number, failure: ExportFailure): void {
    this.#lastFailure = failure;
    this.#move(failure.fate, count);
    this.#warn(failure.cause, `${failure.what}: ${failure.mend}; ${records(count)} ${failure.fate}`);
  }

  #move(name: 'delivered' | 'rejected' | 'dropped', count: number): void {
    this.#underWay -= count;
    this.#ledger.add('queued', -count);
    this.#ledger.add(name, count);
  }

  #whoever(): string {
    return this.#settings.endpoint || 'the console';
  }
}

function records(count: number): string {
  return count === 1 ? '1 record' : `${count} records`;
}
