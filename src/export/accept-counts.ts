import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { EVENT_NAMES, SUMMARY_COUNT } from '../record/event-names.ts';
import type { EventKind, EventRecords } from '../record/events.ts';
import type { EncodedRequest } from './transport/encoded-request.ts';
import { fieldsOf, varintOf, type WireField } from './transport/protobuf-wire.ts';
import { PATH_TO_RECORDS } from './transport/split-request.ts';

/** Of LogRecord, KeyValue and AnyValue (opentelemetry-proto 1). */
const ATTRIBUTES = 6;
const EVENT_NAME = 12;
const KEY = 1;
const VALUE = 2;
const INT_VALUE = 3;

/** How many accepts each of some records stands for; looked up only where it is asked. */
export type AcceptCounts = () => readonly number[];

/** How many accepts a record stands for: the record of one is one, a summary is what it counts, others are none. */
export const ACCEPTS_OF: { readonly [Kind in EventKind]: (record: EventRecords[Kind]) => number } = {
  accepted: () => 1,
  summarized: ({ summary }) => summary.accepts,
  lost: () => 0,
  listener: () => 0,
};

export function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

/** The most that so many of the records can stand for. */
export function mostOf(counts: readonly number[], records: number): number {
  return sum(counts.toSorted((a, b) => b - a).slice(0, records));
}

/** The same of a record that was handed to the SDK. */
export function acceptsOfLogRecord({
  eventName,
  attributes,
}: Pick<ReadableLogRecord, 'eventName' | 'attributes'>): number {
  const counted = attributes[SUMMARY_COUNT];
  return acceptsOf(eventName, typeof counted === 'number' ? counted : undefined);
}

/** The same of all records of an encoded request. */
export function acceptsIn({ accepts, body }: EncodedRequest): number {
  return accepts ?? sum(acceptsOfRequest(body));
}

/** The same of each record of an encoded request, in order; of what is no request there is none. */
export function acceptsOfRequest(body: Uint8Array): readonly number[] {
  try {
    return recordsOf(body, { number: 0, start: 0, valueStart: 0, end: body.length, isDelimited: true }, 0).map(
      (record) => acceptsOfEncoded(body, record),
    );
  } catch (thrown) {
    if (thrown instanceof RangeError) return [];
    throw thrown;
  }
}

/** A limit of the user's may have cut the count off: then it is one at least. */
function acceptsOf(eventName: string | undefined, counted: number | undefined): number {
  if (eventName === EVENT_NAMES.summarized) return counted ?? 1;
  return eventName === EVENT_NAMES.accepted ? 1 : 0;
}

function recordsOf(body: Uint8Array, { valueStart, end }: WireField, depth: number): WireField[] {
  const onPath = [...fieldsOf(body, valueStart, end)].filter(({ number }) => number === PATH_TO_RECORDS[depth]);
  return depth === PATH_TO_RECORDS.length - 1 ? onPath : onPath.flatMap((field) => recordsOf(body, field, depth + 1));
}

function acceptsOfEncoded(body: Uint8Array, record: WireField): number {
  const fields = [...fieldsOf(body, record.valueStart, record.end)];
  const eventName = textOf(
    body,
    fields.find(({ number }) => number === EVENT_NAME),
  );
  if (eventName !== EVENT_NAMES.summarized) return acceptsOf(eventName, undefined);
  const counts = fields
    .filter(({ number }) => number === ATTRIBUTES)
    .map((attribute) => countIn(body, [...fieldsOf(body, attribute.valueStart, attribute.end)]));
  return acceptsOf(
    eventName,
    counts.find((count) => count !== undefined),
  );
}

function countIn(body: Uint8Array, attribute: readonly WireField[]): number | undefined {
  const field = (wanted: number) => attribute.find(({ number }) => number === wanted);
  const value = field(VALUE);
  if (!value || textOf(body, field(KEY)) !== SUMMARY_COUNT) return undefined;
  const int = [...fieldsOf(body, value.valueStart, value.end)].find(({ number }) => number === INT_VALUE);
  return int && Number(varintOf(body, int));
}

function textOf(body: Uint8Array, field: WireField | undefined): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString(
    'latin1',
    field?.valueStart,
    field?.end ?? 0,
  );
}
