import type { SpanIds } from '../../record/accept-span.ts';
import { EVENTS, type EventKind } from '../../record/events.ts';
import type { NumberField } from '../../record/reading.ts';
import { ByteWriter } from './byte-writer.ts';
import type { PlanWriter } from './plan-writer.ts';
import { SPAN_ID_PLACE, TRACE_ID_PLACE } from './span-bytes.ts';
import { DELIMITED, FIXED32, FIXED64, tag, VARINT, varintBytes } from './wire.ts';

/** ScopeLogs.log_records, and the fields of opentelemetry-proto's LogRecord. */
const LOG_RECORD = tag(2, DELIMITED);
const TIME = tag(1, FIXED64);
const SEVERITY_NUMBER = tag(2, VARINT);
const BODY = tag(5, DELIMITED);
export const ATTRIBUTES_FIELD = 6;
const DROPPED_ATTRIBUTES_COUNT = tag(7, VARINT);
const FLAGS = tag(8, FIXED32);
const TRACE_ID = tag(9, DELIMITED);
const SPAN_ID = tag(10, DELIMITED);
const OBSERVED_TIME = tag(11, FIXED64);
const EVENT_NAME = tag(12, DELIMITED);
/** AnyValue.string_value. */
const STRING = tag(1, DELIMITED);

/** All before a trace id's bytes, its flags being SAMPLED, and all before those of a span id. */
const BEFORE_TRACE_ID = Uint8Array.of(FLAGS, 1, 0, 0, 0, TRACE_ID, 16);
/** With room for lengths of one byte. */
const BODY_OPENING = Uint8Array.of(BODY, 0, STRING, 0);
const BEFORE_SPAN_ID = Uint8Array.of(SPAN_ID, 8);

/** A record with all its attributes takes two bytes for its length. */
const NO_LENGTH = [0, 0];
const NO_TIME = new Uint8Array(8);

/** What differs from record to record: a field of the boot clock, and who plans the body's text and the attributes. */
export interface PlannedRecord {
  readonly timestamp: NumberField;
  readonly body: () => void;
  readonly attributes: () => void;
}

/** What of log records of one kind of event is the same, and what stands at places that do not depend on the rest. */
export class RecordFrame {
  /** Up to the body's text, with room for what `fill` and `fillBody` fill in. */
  readonly opening: Uint8Array;
  readonly #severityNumber: number;
  readonly #eventName: Uint8Array;

  constructor(kind: EventKind) {
    const { name, severityNumber } = EVENTS[kind];
    const before = [LOG_RECORD, ...NO_LENGTH, TIME, ...NO_TIME, SEVERITY_NUMBER, severityNumber];
    this.opening = Uint8Array.of(...before, ...BODY_OPENING);
    const out = new ByteWriter();
    out.byte(EVENT_NAME);
    out.text(name);
    this.#eventName = out.slice();
    this.#severityNumber = severityNumber;
  }

  /** The same of a record that lost no attribute, as a plan. */
  plan(plan: PlanWriter, { timestamp, body, attributes }: PlannedRecord): void {
    const literal = (...bytes: number[]) =>
      plan.literal((out) => {
        for (const byte of bytes) out.byte(byte);
      });
    literal(LOG_RECORD);
    plan.delimited(() => {
      literal(TIME);
      plan.wallTime(timestamp);
      literal(SEVERITY_NUMBER, this.#severityNumber, BODY);
      plan.delimited(() => {
        literal(STRING);
        plan.delimited(body);
      });
      attributes();
      literal(DROPPED_ATTRIBUTES_COUNT, 0);
      plan.ifSpan(() => {
        literal(...BEFORE_TRACE_ID);
        plan.spanBytes(TRACE_ID_PLACE);
        literal(...BEFORE_SPAN_ID);
        plan.spanBytes(SPAN_ID_PLACE);
      });
      literal(OBSERVED_TIME);
      plan.observedTime();
      literal(...this.#eventName);
    }, NO_LENGTH.length);
  }

  /** The body's text is written, of the record that began at `start`. */
  fillBody(out: ByteWriter, start: number): void {
    const textAt = start + this.opening.length;
    fillLength(out, textAt - 1, 1);
    fillLength(out, textAt - 3, 1);
  }

  close(out: ByteWriter, droppedAttributes: number, span: SpanIds | undefined): void {
    out.byte(DROPPED_ATTRIBUTES_COUNT);
    out.varint(droppedAttributes);
    if (span) writeSpan(out, span);
    out.byte(OBSERVED_TIME);
    out.bytes(NO_TIME);
    out.bytes(this.#eventName);
  }

  /** The record that began at `start` is written. */
  fill(out: ByteWriter, start: number, timestampUnixNs: bigint, observedUnixNs: bigint): void {
    out.putFixed64(timestampUnixNs, start + 1 + NO_LENGTH.length + 1);
    out.putFixed64(observedUnixNs, out.length - this.#eventName.length - NO_TIME.length);
    fillLength(out, start + 1, NO_LENGTH.length);
  }
}

function writeSpan(out: ByteWriter, { traceId, spanId }: SpanIds): void {
  out.bytes(BEFORE_TRACE_ID);
  out.bytes(Buffer.from(traceId, 'hex'));
  out.bytes(BEFORE_SPAN_ID);
  out.bytes(Buffer.from(spanId, 'hex'));
}

/** Writes at `at`, where `reserved` bytes were left for it, how long what follows it is. */
function fillLength(out: ByteWriter, at: number, reserved: number): void {
  const end = out.length;
  const bytes = end - at - reserved;
  const moved = varintBytes(bytes) - reserved;
  if (moved !== 0) out.shift(at + reserved, moved);
  out.length = at;
  out.varint(bytes);
  out.length = end + moved;
}
