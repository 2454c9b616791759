import type { Ledger, LedgerName } from '../ledger.ts';
import { LOST_ACCEPTS } from '../record/loss-record.ts';
import { type AcceptCounts, mostOf, sum } from './accept-counts.ts';
import type { BatchFate } from './counting-exporter.ts';
import type { Warn } from './diagnostics.ts';
import { type ExportedSignal, type ExportFailure, explainFailure, type FailureSettings } from './export-failure.ts';
import { oneLine } from './foreign-text.ts';
import type { OtlpSettings } from './otlp-environment.ts';
import type { ResponseNote } from './response-notes.ts';

/** What is exported, and what its fates are called in the ledger. */
export interface FateNames {
  readonly noun: 'record' | 'span';
  readonly signal: ExportedSignal;
  /** Before the cause of a warning. */
  readonly cause: 'export' | 'traces';
  readonly queueVariable: string;
  readonly ledger: Readonly<Record<'queued' | 'delivered' | 'rejected' | 'dropped', LedgerName>>;
  /** Of those lost: what the accepts they stand for are called. */
  readonly lostAccepts?: Readonly<Record<'rejected' | 'dropped', LedgerName>>;
}

const RECORDS: FateNames = {
  noun: 'record',
  signal: 'logs',
  cause: 'export',
  queueVariable: 'OTEL_BLRP_MAX_QUEUE_SIZE',
  ledger: { queued: 'queued', delivered: 'delivered', rejected: 'rejected', dropped: 'dropped' },
  lostAccepts: LOST_ACCEPTS,
};

/** What of an exporter's settings its fates depend on. */
export type FateSettings = FailureSettings & { readonly batch: Pick<OtlpSettings['batch'], 'maxQueueSize'> };

/**
 * Counts every record from `queued` to exactly one of delivered, rejected and dropped, and warns of what is lost; spans,
 * by the names they have.
 *
 * `drained` is counted by whoever hands the records on.
 */
export class RecordFates {
  readonly #settings: FateSettings;
  readonly #ledger: Ledger;
  readonly #warn: Warn;
  readonly #names: FateNames;
  #underWay = 0;
  #isClosed = false;
  #isOver = false;
  #lastFailure: ExportFailure | undefined;

  constructor(settings: FateSettings, ledger: Ledger, warn: Warn, names: FateNames = RECORDS) {
    this.#settings = settings;
    this.#ledger = ledger;
    this.#warn = warn;
    this.#names = names;
  }

  /**
   * How many of `count` records may be emitted, counted as queued; the rest is dropped, the newest as the SDK does.
   * `accepts` are those that they stand for.
   */
  admit(count: number, accepts: AcceptCounts = () => []): number {
    const { maxQueueSize } = this.#settings.batch;
    const admitted = this.#isClosed ? 0 : Math.min(count, maxQueueSize - this.#underWay);
    this.enter(admitted);
    if (admitted < count) this.refuse(count - admitted, sum(accepts().slice(admitted)));
    return admitted;
  }

  /** How much of the room for records is taken, 0 to 1. */
  get pressure(): number {
    return Math.min(1, this.#underWay / this.#settings.batch.maxQueueSize);
  }

  /** Counts records as queued, for which there is room. */
  enter(count: number): void {
    this.#underWay += count;
    this.#ledger.add(this.#names.ledger.queued, count);
  }

  /**
   * Counts records as dropped for which there is no room, and the accepts they stand for; `full` is what waits already, by
   * default all the records.
   */
  refuse(count: number, accepts: number, full?: string): void {
    this.#ledger.add(this.#names.ledger.dropped, count);
    this.#lose('dropped', accepts);
    if (this.#isClosed) return;
    const { queueVariable } = this.#names;
    const [most, option] = full ? [full, ''] : [this.#settings.batch.maxQueueSize, ` (${queueVariable})`];
    this.#warnBy('queue-full', `${this.#count(count)} dropped: ${most} wait for ${this.#whoever()} already${option}`);
  }

  /** Records that leave unsettled: whoever takes them over counts them from here on. */
  handOver(count: number): void {
    this.#underWay -= count;
    this.#ledger.add(this.#names.ledger.queued, -count);
  }

  /** What became of some of the admitted records. */
  readonly settle = (fate: BatchFate): void => {
    if (this.#isOver) return;
    const accepts = fate.accepts ?? (() => []);
    if (fate.kind === 'taken') this.#settleTaken(fate.count, fate.note, accepts);
    else this.#settleFailed(fate.count, explainFailure(fate.error, this.#settings, this.#names.signal), accepts);
  };

  /** A connection that could not be made: said at once, since the exporter first tries again for some seconds. */
  readonly onConnectError = (error: Error): void =>
    this.warnOf(error, `trying again before ${this.#names.noun}s are dropped`);

  /** A failure that is not the end of any record: what it means, and what we do `next`. */
  warnOf(error: Error, next: string): void {
    if (this.#isOver) return;
    const failure = explainFailure(error, this.#settings, this.#names.signal);
    this.#lastFailure = failure;
    this.#warnBy(failure.cause, `${failure.what}: ${failure.mend}; ${next}`);
  }

  /** Nothing is admitted from now on. */
  close(): void {
    this.#isClosed = true;
  }

  /**
   * The end: what is still under way counts as dropped, with the accepts it stands for, and whatever comes later changes
   * nothing.
   */
  end(accepts: () => number = () => 0): void {
    this.#isOver = true;
    const count = this.#underWay;
    if (count === 0) return;
    this.#move('dropped', count);
    this.#lose('dropped', accepts());
    const { cause, what } = this.#lastFailure ?? { cause: 'end', what: `${this.#whoever()} was too slow` };
    this.#warnBy(cause, `${what}; ${this.#count(count)} dropped at the end`);
  }

  #settleTaken(count: number, note: ResponseNote, accepts: AcceptCounts): void {
    const rejected = Math.min(note.rejected, count);
    this.#lastFailure = undefined;
    this.#move('delivered', count - rejected);
    this.#move('rejected', rejected);
    if (rejected > 0) this.#lose('rejected', mostOf(accepts(), rejected));
    const said = note.message && ` and says: ${oneLine(note.message)}`;
    if (rejected > 0) this.#warnBy('partial', `${this.#whoever()} rejected ${this.#count(rejected)}${said}`);
    else if (said) this.#warnBy('note', `${this.#whoever()} took ${this.#count(count)}${said}`);
    if (note.unreadable) {
      this.#warnBy(
        'unreadable',
        `the answer of ${this.#whoever()} is no OTLP response: does it take ${this.#names.signal} at all?`,
      );
    }
  }

  #settleFailed(count: number, failure: ExportFailure, accepts: AcceptCounts): void {
    this.#lastFailure = failure;
    this.#move(failure.fate, count);
    this.#lose(failure.fate, sum(accepts()));
    this.#warnBy(failure.cause, `${failure.what}: ${failure.mend}; ${this.#count(count)} ${failure.fate}`);
  }

  #move(name: 'delivered' | 'rejected' | 'dropped', count: number): void {
    this.#underWay -= count;
    this.#ledger.add(this.#names.ledger.queued, -count);
    this.#ledger.add(this.#names.ledger[name], count);
  }

  #lose(fate: 'rejected' | 'dropped', accepts: number): void {
    const { lostAccepts } = this.#names;
    if (lostAccepts) this.#ledger.add(lostAccepts[fate], accepts);
  }

  #warnBy(cause: string, text: string): void {
    this.#warn(`${this.#names.cause}-${cause}`, text);
  }

  #whoever(): string {
    return this.#settings.endpoint || 'the console';
  }

  #count(count: number): string {
    return `${count} ${this.#names.noun}${count === 1 ? '' : 's'}`;
  }
}
