import type { Ledger } from '../../ledger.ts';
import { acceptsIn, acceptsOfRequest, sum } from '../accept-counts.ts';
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
  /** Told of what was delivered, rejected or dropped, in the same call; must not throw. */
  readonly onSettled?: ((request: EncodedRequest) => void) | undefined;
  /** Told of what was split, before anything becomes of its parts; must not throw. */
  readonly onParted?: ((request: EncodedRequest, parts: readonly EncodedRequest[]) => void) | undefined;
}

/** The room a queue has, and what becomes of what was let in: each request leaves once, and its records are counted. */
export class RequestFates {
  readonly #records: RecordFates;
  readonly #maxRecords: number;
  readonly #maxBytes: number;
  readonly #onGivenUp: RequestFatesParts['onGivenUp'];
  readonly #onSettled: RequestFatesParts['onSettled'];
  readonly #onParted: RequestFatesParts['onParted'];
  #recordsIn = 0;
  #bytesIn = 0;

  constructor({ settings, ledger, warn, maxBytes, onGivenUp, onSettled, onParted }: RequestFatesParts) {
    this.#records = new RecordFates(settings, ledger, warn);
    this.#maxRecords = settings.batch.maxQueueSize;
    this.#maxBytes = maxBytes;
    this.#onGivenUp = onGivenUp;
    this.#onSettled = onSettled;
    this.#onParted = onParted;
  }

  /** How much of the room is taken, 0 to 1. */
  get fullness(): number {
    return Math.min(1, Math.max(this.#bytesIn / this.#maxBytes, this.#recordsIn / this.#maxRecords));
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
    if (this.#onGivenUp) {
      this.#onGivenUp(request);
      return;
    }
    const isRoomForBytes = this.#bytesIn + request.body.length <= this.#maxBytes;
    this.#records.refuse(request.records, acceptsIn(request), isRoomForBytes ? undefined : `${this.#bytesIn} bytes`);
    this.#onSettled?.(request);
  }

  taken(request: EncodedRequest, note: ResponseNote): void {
    this.#move(request, -1);
    const accepts = () => acceptsOfRequest(request.body);
    this.#records.settle({ kind: 'taken', count: request.records, note, accepts });
    this.#onSettled?.(request);
  }

  /** Rejected or dropped, as the error says. */
  failed(request: EncodedRequest, error: Error): void {
    this.#move(request, -1);
    this.#records.settle({ kind: 'failed', count: request.records, error, accepts: () => [acceptsIn(request)] });
    this.#onSettled?.(request);
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
    this.#onParted?.(request, parts);
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
    this.#records.end(() => sum(left.map(acceptsIn)));
    if (!this.#onGivenUp) for (const request of left) this.#onSettled?.(request);
  }

  #handOver(request: EncodedRequest, taker: (request: EncodedRequest) => void): void {
    this.#move(request, -1);
    this.#records.handOver(request.records);
    taker(request);
  }

  #move({ body, records }: EncodedRequest, direction: 1 | -1): void {
    this.#bytesIn += direction * body.length;
    this.#recordsIn += direction * records;
  }
}
