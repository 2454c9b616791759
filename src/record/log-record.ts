import { type HrTime, type Logger, type LogRecord, ROOT_CONTEXT, SeverityNumber } from '@opentelemetry/api';
import type { AcceptRecord } from './accept-record.ts';
import { attributesOf } from './attributes.ts';
import { bodyOf } from './body.ts';
import { EVENT_ACCEPTED } from './semantic-conventions.ts';

const NS_PER_SECOND = 1_000_000_000n;

/** One accept as the OpenTelemetry logs API takes it; both times keep their nanoseconds. */
export function toLogRecord(record: AcceptRecord): LogRecord {
  return {
    eventName: EVENT_ACCEPTED,
    timestamp: hrTime(record.connection.acceptedUnixNs),
    observedTimestamp: hrTime(record.connection.observedUnixNs),
    severityNumber: SeverityNumber.INFO,
    body: bodyOf(record),
    attributes: attributesOf(record),
    // An accept belongs to no span: without this, one would get whatever span the application has open.
    context: ROOT_CONTEXT,
  };
}

/** Emits one accept through `logger`: the CLI's and the plugin's records are the same. */
export function emitRecord(logger: Logger, record: AcceptRecord): void {
  logger.emit(toLogRecord(record));
}

function hrTime(unixNs: bigint): HrTime {
  return [Number(unixNs / NS_PER_SECOND), Number(unixNs % NS_PER_SECOND)];
}
