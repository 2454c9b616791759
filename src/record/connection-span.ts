import { ACCEPT_SPAN, type SpanIds, spanIdsOf } from './accept-span.ts';

/**
 * The span of a connection's life, from accept to the change to CLOSE; INTERNAL as `ACCEPT_SPAN` and for its reasons.
 *
 * It has a trace of its own and links to the accept's: it may end days later, when backends have long closed that one.
 */
export const CONNECTION_SPAN = { name: 'TCP connection', kind: ACCEPT_SPAN.kind } as const;

/** The ids of the span of the life of the connection whose accept has this uid. */
export function connectionSpanIdsOf(uid: string): SpanIds {
  return spanIdsOf(`${uid}-connection`);
}
