import type { Ledger } from '../../ledger.ts';
import type { Warn } from '../diagnostics.ts';
import type { OtlpSettings } from '../otlp-environment.ts';
import { RecordFates } from '../record-fates.ts';
import type { ResponseNote } from '../response-notes.ts';
import type { EncodedRequest } from './encoded-request.ts';

export interface RequestFatesParts {
  /** `batch.maxQueueSize` bounds the records; warnings name its endpoint. */
  readonly settings: OtlpSettings;
  readonly ledger: Ledger;
  readonly warn: Warn;
  /** Of all bodies in the queue. */
  readonly maxBytes: number;
  /** Takes over what is given up, and counts it from there, in the same call; must not throw. Else it is dropped. */
  readonly onGivenUp: ((request: EncodedRequest) => void) | undefined;
}

/** The room a queue has, and what becomes of what was let in: each request leaves once, and its records are counted. */
export class RequestFates {
  readonly #records: RecordFates;
  readonly #maxRecords: number;
  readonly #maxBytes: number;
  readonly #onGivenUp: RequestFatesParts['onGivenUp'];
  #recordsIn = 0;
  #bytesIn = 0;

  constructor({ settings, ledger, warn, maxBytes, onGivenUp }: RequestFatesParts) {
    this.#records = new RecordFates(settings, ledger, warn);
    this.#maxRecords = settings.batch.maxQueueSize;
    this.#maxBytes = maxBytes;
    this.#onGivenUp = onGivenUp;
  }

  hasRoomFor({ body, records }: EncodedRequest): boolean {
    return this.#bytesIn + body.length <= this.#maxBytes && this.#recordsIn + records <= this.#maxRecords;
  }

  /** Whether others are to be given up for it: if somebody takes them over, and if that would ever be enough. */
  isWorthRoom({ body, records }: EncodedRequest): boolean {
    return this.#onGivenUp !== undefined && body.length <= this.#maxBytes && records <= this.#maxRecords;
  }

  enter(request: EncodedRequest): void {
    this.#records.enter(request.records);
    this.#move(request, 1);
  }

  /** A request that is not let in. */
  refuse(request: EncodedRequest): void {
    if (this.#onGivenUp) this.#onGivenUp(request);
    else if (this.#bytesIn + request.body.length <= this.#maxBytes) this.#records.refuse(request.records);
    else this.#records.refuse(request.records, `${this.#bytesIn} bytes`);
  }

  taken(request: EncodedRequest, note: ResponseNote): void {
    this.#move(request, -1);
    this.#records.settle({ kind: 'taken', count: request.records, note });
  }

  /** Rejected or dropped, as the error says. */
  failed(request: EncodedRequest, error: Error): void {
    this.#move(request, -1);
    this.#records.settle({ kind: 'failed', count: request.records, error });
  }

  /** Handed over if somebody takes it, else dropped, because of the error. */
  givenUp(request: EncodedRequest, error: Error): void {
    if (this.#onGivenUp) this.#handOver(request, this.#onGivenUp);
    else this.failed(request, error);
  }

  /** Its parts are in its place: they have as many records, and a few bytes more. */
  parted(request: EncodedRequest, parts: readonly EncodedRequest[], error: Error): void {
    this.#move(request, -1);
    for (const part of parts) this.#move(part, 1);
    this.#records.warnOf(error, 'sending it in halves');
  }

  /** Says why a request is to be sent again. */
  retried(error: Error): void {
    this.#records.warnOf(error, 'trying again');
  }

  close(): void {
    this.#records.close();
  }

  /** The end: `left` is given up, in one warning if it is dropped. */
  end(left: readonly EncodedRequest[]): void {
    if (this.#onGivenUp) for (const request of left) this.#handOver(request, this.#onGivenUp);
    this.#records.end();
  }

  #handOver({ body, records }: EncodedRequest, taker: (request: EncodedRequest) => void): void {
    this.#move({ body, records }, -1);
    this.#records.handOver(records);
    taker({ body, records });
  }

  #move({ body, records }: EncodedRequest, direction: 1 | -1): void {
    this.#bytesIn += direction * body.length;
    this.#recordsIn += direction * records;
  }
}
