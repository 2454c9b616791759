import { ROOT_CONTEXT } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import type { AcceptView } from '../record/accept-record.ts';
import { ACCEPT_SPAN, type SpanIds, spanIdsOf } from '../record/accept-span.ts';
import { DEFAULT_SAMPLER, type SamplerName, type TracesSettings } from './traces-environment.ts';

const SPANS_A_SECOND = 100;
const NANOS_PER_SECOND = 1e9;

/** The ids of the span to make of an accept; `undefined`: none is. */
export type SampleAccept = (accept: AcceptView) => SpanIds | undefined;

/** Decides as OTEL_TRACES_SAMPLER says, by the trace id that the accept's uid gives, or else by how many there were. */
export function acceptSampler({ sampler: name, ratio }: Pick<TracesSettings, 'sampler' | 'ratio'>): SampleAccept {
  if (name === DEFAULT_SAMPLER) {
    const limit = new RateLimit();
    return ({ connection, uid }) => (limit.admits(connection.acceptedBootNanos) ? spanIdsOf(uid) : undefined);
  }
  const sampler = stockSampler(name, ratio);
  return ({ uid }) => {
    const ids = spanIdsOf(uid);
    const { decision } = sampler.shouldSample(ROOT_CONTEXT, ids.traceId, ACCEPT_SPAN.name, ACCEPT_SPAN.kind, {}, []);
    return decision === SamplingDecision.RECORD_AND_SAMPLED ? ids : undefined;
  };
}

function stockSampler(name: Exclude<SamplerName, typeof DEFAULT_SAMPLER>, ratio: number): Sampler {
  switch (name) {
    case 'always_on':
      return new AlwaysOnSampler();
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(ratio);
    case 'parentbased_always_on':
    case 'parentbased_always_off':
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: stockSampler(ROOTS[name], ratio) });
  }
}

const ROOTS = {
  parentbased_always_on: 'always_on',
  parentbased_always_off: 'always_off',
  parentbased_traceidratio: 'traceidratio',
} as const;

/** Admits at most so many in any second; by default as many spans as are made without a sampler. */
export class RateLimit {
  /** When the last ones were, the next to be replaced the oldest of them. */
  readonly #times: Float64Array;
  #next = 0;

  constructor(most = SPANS_A_SECOND) {
    this.#times = new Float64Array(most).fill(Number.NEGATIVE_INFINITY);
  }

  admits(nowNanos: number): boolean {
    if (nowNanos - (this.#times[this.#next] ?? 0) < NANOS_PER_SECOND) return false;
    this.#times[this.#next] = nowNanos;
    this.#next = (this.#next + 1) % this.#times.length;
    return true;
  }
}
