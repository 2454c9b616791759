import type { AcceptRecord } from '../record/accept-record.ts';
import { attributesOf } from '../record/attributes.ts';
import { EVENT_ACCEPTED } from '../record/semantic-conventions.ts';

/** One record as a JSON object on one line, without a line end: `timestamp`, `event_name`, then its attributes by name. */
export function ndjsonLine(record: AcceptRecord): string {
  const { acceptedUnixNs } = record.connection;
  const line = { timestamp: rfc3339(acceptedUnixNs), event_name: EVENT_ACCEPTED, ...attributesOf(record) };
  return JSON.stringify(line).replace(TERMINAL_CONTROLS, escapeCharacter);
}

/** UTC with all nine digits of nanoseconds: RFC 3339 5.6. */
function rfc3339(unixNs: bigint): string {
  const nanoseconds = (unixNs % 1_000_000_000n).toString().padStart(9, '0');
  const seconds = new Date(Number(unixNs / 1_000_000_000n) * 1000).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length);
  return `${seconds}.${nanoseconds}Z`;
}

/** DEL and the C1 controls, which JSON.stringify leaves as they are: a terminal would act on them. */
const TERMINAL_CONTROLS = /[\u007f-\u009f]/g;

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
