import {
  type Context,
  type HrTime,
  type Logger,
  type LogRecord,
  ROOT_CONTEXT,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import type { SpanIds } from './accept-span.ts';
import { attributesOf } from './attributes.ts';
import { EVENTS, type EventKind, type EventRecords } from './events.ts';

const NS_PER_SECOND = 1_000_000_000n;

/** One record as the OpenTelemetry logs API takes it; both times keep their nanoseconds. */
export function toLogRecord<Kind extends EventKind>(kind: Kind, record: EventRecords[Kind]): LogRecord {
  const event = EVENTS[kind];
  return {
    eventName: event.name,
    timestamp: hrTime(event.timestampUnixNs(record)),
    observedTimestamp: hrTime(event.observedUnixNs(record)),
    severityNumber: event.severityNumber,
    body: event.body(record),
    attributes: attributesOf(kind, record),
    context: contextOf(event.span?.(record)),
  };
}

/** An accept belongs to its own span or none: without this, one would get whatever span the application has open. */
function contextOf(span: SpanIds | undefined): Context {
  return span ? trace.setSpanContext(ROOT_CONTEXT, { ...span, traceFlags: TraceFlags.SAMPLED }) : ROOT_CONTEXT;
}

/** Emits one record through `logger`: the CLI's and the plugin's records are the same. */
export function emitRecord<Kind extends EventKind>(logger: Logger, kind: Kind, record: EventRecords[Kind]): void {
  logger.emit(toLogRecord(kind, record));
}

/** Seconds, and the nanoseconds beyond them. */
export function hrTime(unixNs: bigint): HrTime {
  return [Number(unixNs / NS_PER_SECOND), Number(unixNs % NS_PER_SECOND)];
}
