import { ATTRIBUTES } from '../../record/attributes.ts';
import { EVENTS, type EventKind, type EventRecords } from '../../record/events.ts';
import type { OtlpSettings } from '../otlp-environment.ts';
import type { ByteWriter } from './byte-writer.ts';
import { KeyValue } from './key-value.ts';
import { ATTRIBUTES_FIELD, RecordFrame } from './record-frame.ts';

/** Encodes records of one kind of event from their values, as the tables have them. */
export class EventEncoder<Kind extends EventKind> {
  readonly #kind: Kind;
  readonly #frame: RecordFrame;
  readonly #keyValues: readonly KeyValue[];
  readonly #attributeLimit: number;

  constructor(kind: Kind, { attributeCountLimit, attributeValueLengthLimit }: OtlpSettings['limits']) {
    this.#kind = kind;
    this.#frame = new RecordFrame(kind);
    this.#keyValues = ATTRIBUTES.map(({ name }) => new KeyValue(ATTRIBUTES_FIELD, name, attributeValueLengthLimit));
    this.#attributeLimit = attributeCountLimit;
  }

  /** Returns how many attributes the limit left out. */
  encode(out: ByteWriter, record: EventRecords[Kind]): number {
    const { timestampUnixNs, observedUnixNs, body, span } = EVENTS[this.#kind];
    const start = out.length;
    out.bytes(this.#frame.opening);
    out.rawText(body(record));
    this.#frame.fillBody(out, start);
    let attributes = 0;
    for (const [index, { values }] of ATTRIBUTES.entries()) {
      const value = values[this.#kind]?.(record);
      if (value === undefined) continue;
      if (attributes++ < this.#attributeLimit) this.#keyValues[index]?.write(out, value);
    }
    const dropped = Math.max(attributes - this.#attributeLimit, 0);
    this.#frame.close(out, dropped, span?.(record));
    this.#frame.fill(out, start, timestampUnixNs(record), observedUnixNs(record));
    return dropped;
  }
}
