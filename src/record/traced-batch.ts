import type { AcceptRecord, AcceptView, RecordBatch } from './accept-record.ts';
import type { SpanIds } from './accept-span.ts';

/** A batch some of whose accepts have a span. */
export class TracedBatch implements RecordBatch {
  readonly #batch: RecordBatch;
  readonly spans: readonly (SpanIds | undefined)[];
  #view: TracedView | undefined;
  #records: readonly AcceptRecord[] | undefined;

  /** `spans` has an entry for each accept. */
  constructor(batch: RecordBatch, spans: readonly (SpanIds | undefined)[]) {
    this.#batch = batch;
    this.spans = spans;
  }

  get count(): number {
    return this.#batch.count;
  }

  view(index: number): AcceptView {
    const accept = this.#batch.view(index);
    this.#view ??= new TracedView(accept);
    this.#view.span = this.spans[index];
    return this.#view;
  }

  get records(): readonly AcceptRecord[] {
    this.#records ??= this.#batch.records.map((record, index) => {
      const span = this.spans[index];
      return span ? { ...record, span } : record;
    });
    return this.#records;
  }
}

/** One accept as it lies in its batch, and its span. */
class TracedView implements AcceptView {
  span: SpanIds | undefined;
  readonly #accept: AcceptView;

  constructor(accept: AcceptView) {
    this.#accept = accept;
  }

  get connection(): AcceptView['connection'] {
    return this.#accept.connection;
  }
  get process(): AcceptView['process'] {
    return this.#accept.process;
  }
  get uid(): string {
    return this.#accept.uid;
  }
  get uidPrefix(): string {
    return this.#accept.uidPrefix;
  }
}
