import type { Resource } from '@opentelemetry/resources';
import type { NativeAcceptEncoder } from '../../kernel/binding.ts';
import type { RecordBatch } from '../../record/accept-record.ts';
import { ATTRIBUTES } from '../../record/attributes.ts';
import type { EventKind, EventRecords } from '../../record/events.ts';
import type { Warn } from '../diagnostics.ts';
import type { OtlpSettings } from '../otlp-environment.ts';
import type { RecordEncoder, RequestLimits } from '../request-batcher.ts';
import type { EncodedRequest } from '../transport/encoded-request.ts';
import { AcceptEncoder } from './accept-encoder.ts';
import { ByteWriter } from './byte-writer.ts';
import { EventEncoder } from './event-encoder.ts';
import { RequestEnvelope } from './request-envelope.ts';

export interface DirectEncoderParts {
  readonly resource: Resource;
  readonly limits: OtlpSettings['limits'];
  readonly warn: Warn;
  /** Of this encoder alone. */
  readonly native: NativeAcceptEncoder;
}

/** Makes requests of records byte by byte, the same bytes as the SDK's serializer, without an object for a record. */
export class DirectEncoder implements RecordEncoder {
  readonly #out = new ByteWriter();
  readonly #envelope: RequestEnvelope;
  readonly #limits: OtlpSettings['limits'];
  /** `undefined` where limits may take something of a record: such ones are encoded as any event is. */
  readonly #accepts: AcceptEncoder | undefined;
  readonly #events: { [Kind in EventKind]?: EventEncoder<Kind> } = {};
  readonly #warn: Warn;
  #records = 0;

  constructor({ resource, limits, warn, native }: DirectEncoderParts) {
    this.#envelope = new RequestEnvelope(resource);
    this.#out.length = this.#envelope.headroom;
    this.#limits = limits;
    this.#warn = warn;
    const { attributeCountLimit, attributeValueLengthLimit } = limits;
    const isLimited = attributeCountLimit < ATTRIBUTES.length || Number.isFinite(attributeValueLengthLimit);
    this.#accepts = isLimited ? undefined : new AcceptEncoder(native);
  }

  /** Records since the last `take`. */
  get records(): number {
    return this.#records;
  }

  /** What the request would take now, a few more or as many. */
  get bytes(): number {
    return this.#out.length + this.#envelope.tailBytes;
  }

  addAccepts(batch: RecordBatch, from: number, { records, bytes }: RequestLimits): number {
    const count = Math.min(batch.count - from, records - this.#records);
    const stopBytes = bytes - this.#envelope.tailBytes;
    if (this.#accepts) {
      const added = this.#accepts.encode(this.#out, batch, from, count, stopBytes);
      this.#records += added;
      return added;
    }
    let added = 0;
    while (added < count && this.#out.length < stopBytes) this.add('accepted', batch.view(from + added++));
    return added;
  }

  add<Kind extends EventKind>(kind: Kind, record: EventRecords[Kind]): void {
    const events: { [Each in Kind]?: EventEncoder<Kind> } = this.#events;
    events[kind] ??= new EventEncoder(kind, this.#limits);
    this.#added(events[kind].encode(this.#out, record));
  }

  /** One request of all that was added since. */
  take(): EncodedRequest {
    const request = { body: this.#envelope.close(this.#out), records: this.#records };
    this.#out.length = this.#envelope.headroom;
    this.#records = 0;
    return request;
  }

  /** Takes back the memory of a request's body, which nobody reads any more; of another's it takes no notice. */
  takeBack(body: Uint8Array): void {
    this.#out.takeBack(body);
  }

  #added(droppedAttributes: number): void {
    this.#records++;
    if (droppedAttributes === 0) return;
    const { attributeCountLimit } = this.#limits;
    this.#warn(
      'attribute-limit',
      `records lose attributes: OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT is ${attributeCountLimit}`,
    );
  }
}
