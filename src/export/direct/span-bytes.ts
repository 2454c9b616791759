import type { SpanIds } from '../../record/accept-span.ts';

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;
/** Where each id is in the bytes of a span. */
export const TRACE_ID_PLACE = { offset: 0, bytes: TRACE_ID_BYTES } as const;
export const SPAN_ID_PLACE = { offset: TRACE_ID_BYTES, bytes: SPAN_ID_BYTES } as const;
const SPAN_BYTES = TRACE_ID_BYTES + SPAN_ID_BYTES;

/** The ids of each record's span one after the other; zeros, which no ids are, where it has none. */
export function spanBytesOf(spans: readonly (SpanIds | undefined)[]): Uint8Array {
  const bytes = Buffer.alloc(spans.length * SPAN_BYTES);
  for (const [index, span] of spans.entries()) {
    if (!span) continue;
    bytes.write(span.traceId, index * SPAN_BYTES + TRACE_ID_PLACE.offset, 'hex');
    bytes.write(span.spanId, index * SPAN_BYTES + SPAN_ID_PLACE.offset, 'hex');
  }
  return bytes;
}
