/** The OpenTelemetry semantic conventions release whose names the records use. */
export const SEMCONV_VERSION = '1.45.0';
export const SCHEMA_URL = `https://opentelemetry.io/schemas/${SEMCONV_VERSION}`;

/** `LogRecord.event_name` of one accepted connection. */
export const EVENT_ACCEPTED = 'tcpaccept.connection.accepted';

/** `LogRecord.event_name` of a count of records that were lost, with the cause. */
export const EVENT_LOST = 'tcpaccept.records.lost';
