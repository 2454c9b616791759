import { hash } from 'node:crypto';
import type { SpanKind } from '@opentelemetry/api';
import type { AcceptRecord } from './accept-record.ts';

/** INTERNAL of OpenTelemetry's SpanKind: its own enum would load the whole API, also for a table. */
const INTERNAL: SpanKind = 0;

/**
 * The span of a connection's time in the accept queue.
 *
 * INTERNAL: nothing is served yet, and backends make request rates and service maps of SERVER spans. The semantic
 * conventions name no such span; the closest they have is .NET's `HTTP wait_for_connection`, INTERNAL as well.
 */
export const ACCEPT_SPAN = { name: 'TCP wait_for_accept', kind: INTERNAL } as const;

/** The ids of a span that is made of an accept, lowercase hex: they stand on its log record. */
export interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
}

/** The ids of the span of the accept of this uid: the same whenever and wherever they are asked for, and never zero. */
export function spanIdsOf(uid: string): SpanIds {
  const bytes = hash('sha256', uid, 'buffer');
  const traceId = bytes.subarray(0, 16);
  const spanId = bytes.subarray(16, 24);
  // Ids that are all zeros are invalid; 63 bits of chance are left to the shorter one.
  for (const id of [traceId, spanId]) id[0] = (id[0] ?? 0) | 1;
  return { traceId: traceId.toString('hex'), spanId: spanId.toString('hex') };
}

/** When it was put into the accept queue, wall clock; `undefined` where the kernel could not tell. */
export function queuedUnixNs({ connection }: Pick<AcceptRecord, 'connection'>): bigint | undefined {
  const { acceptedUnixNs, queueDurationNs } = connection;
  return queueDurationNs === undefined ? undefined : acceptedUnixNs - queueDurationNs;
}
