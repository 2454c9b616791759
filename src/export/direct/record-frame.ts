import type { SpanIds } from '../../record/accept-span.ts';
import { EVENTS, type EventKind } from '../../record/events.ts';
import { ByteWriter } from './byte-writer.ts';
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
const LENGTH_BYTES = 2;
const TIME_BYTES = 8;
const NO_TIME = new Uint8Array(TIME_BYTES);

/** What of log records of one kind of event is the same, and their beginning and end. */
export class RecordFrame {
  /** Up to the body, without the length and the time. */
  readonly #beginning: Uint8Array;
  /** Of a record that lost no attribute and has no span, without the observed time. */
  readonly #end: Uint8Array;
  readonly #eventName: Uint8Array;

  constructor(kind: EventKind) {
    const { name, severityNumber } = EVENTS[kind];
    this.#beginning = Uint8Array.of(LOG_RECORD, 0, 0, TIME, ...NO_TIME, SEVERITY_NUMBER, severityNumber);
    const out = new ByteWriter();
    out.byte(EVENT_NAME);
    out.text(name);
    this.#eventName = out.slice();
    this.#end = Uint8Array.of(DROPPED_ATTRIBUTES_COUNT, 0, OBSERVED_TIME, ...NO_TIME, ...this.#eventName);
  }

  /** Returns where the record began, for `end`; its body comes next, then its attributes. */
  begin(out: ByteWriter, timestampUnixNs: bigint): number {
    const start = out.length;
    out.bytes(this.#beginning);
    out.putFixed64(timestampUnixNs, start + 1 + LENGTH_BYTES + 1);
    return start;
  }

  end(
    out: ByteWriter,
    start: number,
    droppedAttributes: number,
    span: SpanIds | undefined,
    observedUnixNs: bigint,
  ): void {
    if (droppedAttributes === 0 && !span) {
      out.bytes(this.#end);
    } else {
      out.byte(DROPPED_ATTRIBUTES_COUNT);
      out.varint(droppedAttributes);
      if (span) writeSpan(out, span);
      out.byte(OBSERVED_TIME);
      out.bytes(NO_TIME);
      out.bytes(this.#eventName);
    }
    out.putFixed64(observedUnixNs, out.length - this.#eventName.length - TIME_BYTES);
    fillLength(out, start + 1, LENGTH_BYTES);
  }
}

function writeSpan(out: ByteWriter, { traceId, spanId }: SpanIds): void {
  out.bytes(BEFORE_TRACE_ID);
  out.bytes(Buffer.from(traceId, 'hex'));
  out.bytes(BEFORE_SPAN_ID);
  out.bytes(Buffer.from(spanId, 'hex'));
}

/** Returns where the body began, for `endBody`; its text comes next. */
export function beginBody(out: ByteWriter): number {
  const start = out.length;
  out.bytes(BODY_OPENING);
  return start;
}

export function endBody(out: ByteWriter, start: number): void {
  fillLength(out, start + 3, 1);
  fillLength(out, start + 1, 1);
}

/** Writes at `at`, where `reserved` bytes were left for it, how long what follows it is. */
function fillLength(out: ByteWriter, at: number, reserved: number): void {
  const bytes = out.length - at - reserved;
  if (reserved === 2 && bytes > 127 && bytes < 16_384) {
    out.putByte((bytes & 127) | 128, at);
    out.putByte(bytes >> 7, at + 1);
    return;
  }
  if (reserved === 1 && bytes < 128) {
    out.putByte(bytes, at);
    return;
  }
  const lengthBytes = varintBytes(bytes);
  if (lengthBytes !== reserved) out.shift(at + reserved, lengthBytes - reserved);
  out.length = at;
  out.varint(bytes);
  out.length += bytes;
}
