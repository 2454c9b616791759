import type { LedgerCounts } from '../ledger.ts';
import { attributesOf } from '../record/attributes.ts';
import { EVENTS, type EventKind, type EventRecords } from '../record/events.ts';
import { rfc3339 } from '../record/rfc3339.ts';

/**
 * One record as a JSON object on one line, without a line end: `timestamp`, `event_name`, `trace_id` and `span_id` of the
 * span that is exported of it, then its attributes by name.
 */
export function ndjsonLine<Kind extends EventKind>(kind: Kind, record: EventRecords[Kind]): string {
  const { name, timestampUnixNs, span } = EVENTS[kind];
  const timestamp = rfc3339(timestampUnixNs(record));
  const ids = span?.(record);
  const link = ids && { trace_id: ids.traceId, span_id: ids.spanId };
  const line = { timestamp, event_name: name, ...link, ...attributesOf(kind, record) };
  return JSON.stringify(line).replace(TERMINAL_CONTROLS, escapeCharacter);
}

/** The ledger as it is now, as a JSON object on one line: `timestamp`, then `tcpaccept.ledger`. */
export function ledgerLine(counts: LedgerCounts): string {
  return JSON.stringify({ timestamp: new Date().toISOString(), 'tcpaccept.ledger': counts });
}

/** DEL and the C1 controls, which JSON.stringify leaves as they are: a terminal would act on them. */
const TERMINAL_CONTROLS = /[\u007f-\u009f]/g;

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
