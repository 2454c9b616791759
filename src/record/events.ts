import type { SeverityNumber } from '@opentelemetry/api';
import type { AcceptRecord } from './accept-record.ts';
import type { SpanIds } from './accept-span.ts';
import { bodyOfAccept, bodyOfListener, bodyOfLoss, bodyOfSummary } from './body.ts';
import { EVENT_NAMES } from './event-names.ts';
import type { ListenerRecord } from './listener-record.ts';
import type { LossRecord } from './loss-record.ts';
import type { SummaryRecord } from './summary-record.ts';

/** INFO and WARN of OpenTelemetry's SeverityNumber: its own enum would load the whole API, also for a table. */
const INFO: SeverityNumber = 9;
const WARN: SeverityNumber = 13;

/** What each kind of event is made from. */
export interface EventRecords {
  readonly accepted: AcceptRecord;
  readonly summarized: SummaryRecord;
  readonly lost: LossRecord;
  readonly listener: ListenerRecord;
}
export type EventKind = keyof EventRecords;

/** What a log record of one kind of event has beside its attributes. Times are wall clock. */
export interface EventShape<EventRecord> {
  /** `LogRecord.event_name`. */
  readonly name: `tcpaccept.${string}`;
  readonly brief: string;
  readonly severityNumber: SeverityNumber;
  readonly timestampUnixNs: (record: EventRecord) => bigint;
  readonly observedUnixNs: (record: EventRecord) => bigint;
  /** For display only. */
  readonly body: (record: EventRecord) => string;
  /** `LogRecord.trace_id` and `span_id`; left out where no span is exported of it. */
  readonly span?: (record: EventRecord) => SpanIds | undefined;
}

/** The event table: every kind of log record there is. */
export const EVENTS: { readonly [Kind in EventKind]: EventShape<EventRecords[Kind]> } = {
  accepted: {
    name: EVENT_NAMES.accepted,
    brief: 'one accepted connection',
    severityNumber: INFO,
    timestampUnixNs: (r) => r.connection.acceptedUnixNs,
    observedUnixNs: (r) => r.connection.observedUnixNs,
    body: bodyOfAccept,
    span: (r) => r.span,
  },
  summarized: {
    name: EVENT_NAMES.summarized,
    brief: 'how many connections a listener and a process accepted from one client, in place of a record for each',
    severityNumber: INFO,
    timestampUnixNs: (r) => r.summary.endedUnixNs,
    observedUnixNs: (r) => r.summary.observedUnixNs,
    body: bodyOfSummary,
  },
  lost: {
    name: EVENT_NAMES.lost,
    brief: 'how many accepts have no record, and why; made whenever that changes',
    severityNumber: WARN,
    timestampUnixNs: (r) => r.noticedUnixNs,
    observedUnixNs: (r) => r.noticedUnixNs,
    body: bodyOfLoss,
  },
  listener: {
    name: EVENT_NAMES.listener,
    brief: 'a TCP listener of the host as it was at the start; made with `--listeners`',
    severityNumber: INFO,
    timestampUnixNs: (r) => r.listedUnixNs,
    observedUnixNs: (r) => r.listedUnixNs,
    body: bodyOfListener,
  },
};
