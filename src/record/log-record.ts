import { type HrTime, type Logger, type LogRecord, ROOT_CONTEXT } from '@opentelemetry/api';
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
    // An accept belongs to no span: without this, one would get whatever span the application has open.
    context: ROOT_CONTEXT,
  };
}

/** Emits one record through `logger`: the CLI's and the plugin's records are the same. */
export function emitRecord<Kind extends EventKind>(logger: Logger, kind: Kind, record: EventRecords[Kind]): void {
  logger.emit(toLogRecord(kind, record));
}

/** Seconds, and the nanoseconds beyond them. */
export function hrTime(unixNs: bigint): HrTime {
  return [Number(unixNs / NS_PER_SECOND), Number(unixNs % NS_PER_SECOND)];
}
