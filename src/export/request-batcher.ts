import type { Ledger } from '../ledger.ts';
import type { AcceptView, RecordBatch } from '../record/accept-record.ts';
import type { EventKind, EventRecords } from '../record/events.ts';
import type { OtlpSettings } from './otlp-environment.ts';
import type { EncodedRequest } from './transport/encoded-request.ts';

/** Makes one request of the records added since the last. */
export interface RecordEncoder {
  readonly records: number;
  add<Kind extends EventKind>(kind: Kind, record: EventRecords[Kind]): void;
  /** The same as `add` of an accept, from where it lies. */
  addAccept(accept: AcceptView): void;
  take(): EncodedRequest;
}

export interface RequestBatcherParts {
  readonly encoder: RecordEncoder;
  readonly batch: Pick<OtlpSettings['batch'], 'maxExportBatchSize' | 'scheduledDelayMillis'>;
  readonly ledger: Ledger;
  /** Counts the records from here on, in the same call; must not throw. */
  readonly onRequest: (request: EncodedRequest) => void;
}

/** Collects records until a request is full or its first record has waited long enough; they are `queued` meanwhile. */
export class RequestBatcher {
  readonly #parts: RequestBatcherParts;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: RequestBatcherParts) {
    this.#parts = parts;
  }

  add<Kind extends EventKind>(kind: Kind, records: readonly EventRecords[Kind][]): void {
    for (const record of records) {
      this.#parts.encoder.add(kind, record);
      this.#added();
    }
    this.#wait();
  }

  accept(batch: RecordBatch): void {
    for (let index = 0; index < batch.count; index++) {
      this.#parts.encoder.addAccept(batch.view(index));
      this.#added();
    }
    this.#wait();
  }

  #added(): void {
    const { encoder, batch, ledger } = this.#parts;
    ledger.add('queued', 1);
    if (encoder.records >= batch.maxExportBatchSize) this.flush();
  }

  #wait(): void {
    const { encoder, batch } = this.#parts;
    if (encoder.records > 0) this.#timer ??= setTimeout(() => this.flush(), batch.scheduledDelayMillis);
  }

  /** Hands on what was collected, however little. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { encoder, ledger, onRequest } = this.#parts;
    if (encoder.records === 0) return;
    const request = encoder.take();
    ledger.add('queued', -request.records);
    onRequest(request);
  }
}
