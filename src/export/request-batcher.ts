import type { Ledger } from '../ledger.ts';
import type { RecordBatch } from '../record/accept-record.ts';
import type { EventKind, EventRecords } from '../record/events.ts';
import { ACCEPTS_OF } from './accept-counts.ts';
import type { OtlpSettings } from './otlp-environment.ts';
import type { EncodedRequest } from './transport/encoded-request.ts';
import { split } from './transport/split-request.ts';

/** Of a request: what a spool's row holds at most. Only a single record that is larger makes a larger one. */
export const MAX_REQUEST_BYTES = 512 * 1024;
/** A request is taken when it comes this near: the next record might not fit. */
const BYTES_LEFT_FREE = 8 * 1024;

/** When a request is full: with so many records, or so many bytes. */
export interface RequestLimits {
  readonly records: number;
  readonly bytes: number;
}

/** Makes one request of the records added since the last. */
export interface RecordEncoder {
  readonly records: number;
  /** Of the request that `take` would make now, a few more or as many, where that is known before. */
  readonly bytes?: number;
  add<Kind extends EventKind>(kind: Kind, record: EventRecords[Kind]): void;
  /**
   * The same as `add` of accepts, from where they lie: of a request that is not full one or more from `from` on, until it
   * is; returns how many. A batch begins with its first, and goes on before another begins.
   */
  addAccepts(batch: RecordBatch, from: number, limits: RequestLimits): number;
  take(): EncodedRequest;
}

/** A request, and how much nearer it brings the end of what was accepted. */
export interface BatchedRequest extends EncodedRequest {
  /** Accepts whose records are all in this request and those before it, and not all in those before; summaries. */
  readonly accepted: number;
  readonly summarized: number;
}

export interface RequestBatcherParts {
  readonly encoder: RecordEncoder;
  readonly batch: Pick<OtlpSettings['batch'], 'maxExportBatchSize' | 'scheduledDelayMillis'>;
  readonly ledger: Ledger;
  /** Counts the records from here on, in the same call; must not throw. */
  readonly onRequest: (request: BatchedRequest) => void;
}

/** Collects records until a request is full or its first record has waited long enough; they are `queued` meanwhile. */
export class RequestBatcher {
  readonly #parts: RequestBatcherParts;
  #timer: NodeJS.Timeout | undefined;
  readonly #limits: RequestLimits;
  #accepted = 0;
  #summarized = 0;
  /** That the records since the last request stand for. */
  #accepts = 0;
  /** Of those records, the ones that are in the ledger. */
  #counted = 0;

  constructor(parts: RequestBatcherParts) {
    this.#parts = parts;
    this.#limits = { records: parts.batch.maxExportBatchSize, bytes: MAX_REQUEST_BYTES - BYTES_LEFT_FREE };
  }

  add<Kind extends EventKind>(kind: Kind, records: readonly EventRecords[Kind][]): void {
    for (const record of records) {
      this.#parts.encoder.add(kind, record);
      if (kind === 'accepted') this.#accepted++;
      if (kind === 'summarized') this.#summarized++;
      this.#accepts += ACCEPTS_OF[kind](record);
      if (this.#isFull) this.flush();
    }
    this.#wait();
  }

  accept(batch: RecordBatch): void {
    const { encoder } = this.#parts;
    for (let index = 0; index < batch.count; ) {
      const added = encoder.addAccepts(batch, index, this.#limits);
      index += added;
      this.#accepted += added;
      this.#accepts += added;
      if (this.#isFull) this.flush();
    }
    this.#wait();
  }

  get #isFull(): boolean {
    const { encoder } = this.#parts;
    const { records, bytes } = this.#limits;
    return encoder.records >= records || (encoder.bytes ?? 0) >= bytes;
  }

  /** The records added since the last time are queued from now on. */
  #count(): void {
    const { encoder, ledger } = this.#parts;
    ledger.add('queued', encoder.records - this.#counted);
    this.#counted = encoder.records;
  }

  #wait(): void {
    const { encoder, batch } = this.#parts;
    this.#count();
    if (encoder.records > 0) this.#timer ??= setTimeout(() => this.flush(), batch.scheduledDelayMillis);
  }

  /** Hands on what was collected, however little. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { encoder, ledger, onRequest } = this.#parts;
    if (encoder.records === 0) return;
    this.#count();
    this.#counted = 0;
    const parts = withinBytes({ ...encoder.take(), accepts: this.#accepts });
    const whole = { accepted: this.#accepted, summarized: this.#summarized };
    this.#accepted = this.#summarized = this.#accepts = 0;
    for (const [index, part] of parts.entries()) {
      ledger.add('queued', -part.records);
      onRequest({ ...part, ...(index === parts.length - 1 ? whole : NOTHING_WHOLE) });
    }
  }
}

const NOTHING_WHOLE = { accepted: 0, summarized: 0 };

/** The request in as many as it takes for none to be too large, in order. */
function withinBytes(request: EncodedRequest): readonly EncodedRequest[] {
  const halves = request.body.length > MAX_REQUEST_BYTES ? split(request) : undefined;
  return halves ? halves.flatMap(withinBytes) : [request];
}
