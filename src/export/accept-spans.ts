import { ROOT_CONTEXT, TraceFlags, type Tracer } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Ledger } from '../ledger.ts';
import type { AcceptView, RecordBatch } from '../record/accept-record.ts';
import { ACCEPT_SPAN, queuedUnixNs, type SpanIds, spanIdsOf } from '../record/accept-span.ts';
import { attributesOf, attributesOfEnd } from '../record/attributes.ts';
import { CONNECTION_SPAN, connectionSpanIdsOf } from '../record/connection-span.ts';
import type { EndRecord } from '../record/end-record.ts';
import { hrTime } from '../record/log-record.ts';
import { SCHEMA_URL } from '../record/semantic-conventions.ts';
import { TracedBatch } from '../record/traced-batch.ts';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../version.ts';
import { AwaitedEnds } from './awaited-ends.ts';
import { CountingExporter } from './counting-exporter.ts';
import type { Warn } from './diagnostics.ts';
import { type FateNames, RecordFates } from './record-fates.ts';
import { consoleExporter, otlpExporter } from './span-exporters.ts';
import { acceptSampler, RateLimit, type SampleAccept } from './span-sampler.ts';
import { DEFAULT_SAMPLER, type TracesSettings } from './traces-environment.ts';

export interface AcceptSpansParts {
  /** With at least one exporter. */
  readonly settings: TracesSettings;
  readonly resource: Resource;
  readonly ledger: Ledger;
  readonly warn: Warn;
  /** Of connections whose ends are to come; 0: none is. */
  readonly mostOpenConnections: number;
}

const SPANS: FateNames = {
  noun: 'span',
  signal: 'traces',
  cause: 'traces',
  queueVariable: 'OTEL_BSP_MAX_QUEUE_SIZE',
  ledger: { queued: 'spans_queued', delivered: 'spans_delivered', rejected: 'spans_dropped', dropped: 'spans_dropped' },
};

/**
 * Makes spans of accepts, and of the connections of those that have one, and delivers them through the OpenTelemetry SDK;
 * each accept and each end is counted by what became of it.
 *
 * At most `settings.batch.maxQueueSize` spans are under way, since the SDK's own queue drops without a word.
 * With several exporters the OTLP endpoint's word counts; the console only mirrors.
 */
export class AcceptSpans {
  readonly #ledger: Ledger;
  readonly #fates: RecordFates;
  readonly #exporter: CountingExporter<ReadableSpan>;
  readonly #sample: SampleAccept;
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;
  readonly #awaited: AwaitedEnds | undefined;
  /** Of ends: so many accepts with spans may end in one second, which came in many. */
  readonly #limit: RateLimit | undefined;
  /** Of the span that is being made. */
  #ids: SpanIds = { traceId: '', spanId: '' };

  /** Loads the exporter; nothing is sent yet. */
  static async open(parts: AcceptSpansParts): Promise<AcceptSpans> {
    const fates = new RecordFates(parts.settings, parts.ledger, parts.warn, SPANS);
    const isOtlp = parts.settings.exporters.includes('otlp');
    const watched = isOtlp ? await otlpExporter(parts.settings, fates.onConnectError) : consoleExporter();
    return new AcceptSpans(parts, fates, new CountingExporter(watched, fates.settle));
  }

  private constructor(
    { settings, resource, ledger, mostOpenConnections }: AcceptSpansParts,
    fates: RecordFates,
    exporter: CountingExporter<ReadableSpan>,
  ) {
    this.#ledger = ledger;
    this.#fates = fates;
    this.#exporter = exporter;
    this.#sample = acceptSampler(settings);
    this.#awaited = mostOpenConnections > 0 ? new AwaitedEnds(mostOpenConnections) : undefined;
    this.#limit = settings.sampler === DEFAULT_SAMPLER ? new RateLimit() : undefined;
    this.#provider = new TracerProvider({
      resource,
      spanProcessors: processors(settings, exporter),
      spanLimits: settings.limits,
      // Sampled before, so that nothing is made of accepts that have no span.
      sampler: new AlwaysOnSampler(),
      idGenerator: { generateTraceId: () => this.#ids.traceId, generateSpanId: () => this.#ids.spanId },
    });
    this.#tracer = this.#provider.getTracer(PACKAGE_NAME, PACKAGE_VERSION, { schemaUrl: SCHEMA_URL });
  }

  /** Takes the batch, and returns it with the ids of the spans that are exported of it. */
  trace(batch: RecordBatch): RecordBatch {
    const spans: (SpanIds | undefined)[] = [];
    let sampled = 0;
    let made = 0;
    for (let index = 0; index < batch.count; index++) {
      const accept = batch.view(index);
      const ids = accept.connection.queueDurationNanos === undefined ? undefined : this.#sample(accept);
      if (ids) sampled++;
      const isMade = ids !== undefined && this.#fates.admit(1) === 1;
      if (isMade) {
        made++;
        this.#make(accept, ids);
        this.#awaited?.add(accept.uid);
      }
      spans.push(isMade ? ids : undefined);
    }
    this.#ledger.add('span_candidates', batch.count);
    this.#ledger.add('unsampled', batch.count - sampled);
    return made > 0 ? new TracedBatch(batch, spans) : batch;
  }

  /** Takes how connections ended and, in the same order, their accepts, which were taken before. */
  traceEnds(accepts: RecordBatch, ends: readonly EndRecord['end'][]): void {
    let sampled = 0;
    for (const [index, end] of ends.entries()) {
      const accept = accepts.view(index);
      if (!this.#awaited?.take(accept.uid) || this.#limit?.admits(Number(end.closedBootNs)) === false) continue;
      sampled++;
      if (this.#fates.admit(1) === 1) this.#makeConnection({ accept, end });
    }
    this.#ledger.add('span_candidates', ends.length);
    this.#ledger.add('unsampled', ends.length - sampled);
  }

  /** Sends what is queued and ends; after `deadlineMillis` what is still under way counts as dropped. Never rejects. */
  async close(deadlineMillis: number): Promise<void> {
    this.#fates.close();
    const deadline = Promise.withResolvers<void>();
    const timer = setTimeout(deadline.resolve, deadlineMillis);
    await Promise.race([this.#provider.shutdown().catch(() => {}), deadline.promise]);
    clearTimeout(timer);
    this.#exporter.abandon();
    this.#fates.end();
  }

  #make(accept: AcceptView, ids: SpanIds): void {
    this.#ids = ids;
    const { name, kind } = ACCEPT_SPAN;
    const { acceptedUnixNs } = accept.connection;
    const startTime = hrTime(queuedUnixNs(accept) ?? acceptedUnixNs);
    const attributes = attributesOf('accepted', accept);
    this.#tracer.startSpan(name, { kind, startTime, attributes }, ROOT_CONTEXT).end(hrTime(acceptedUnixNs));
  }

  #makeConnection(record: EndRecord): void {
    const { accept, end } = record;
    this.#ids = connectionSpanIdsOf(accept.uid);
    const { name, kind } = CONNECTION_SPAN;
    const startTime = hrTime(accept.connection.acceptedUnixNs);
    const links = [{ context: { ...spanIdsOf(accept.uid), traceFlags: TraceFlags.SAMPLED } }];
    const options = { kind, startTime, links, attributes: attributesOfEnd(record) };
    this.#tracer.startSpan(name, options, ROOT_CONTEXT).end(hrTime(end.closedUnixNs));
  }
}

function processors(settings: TracesSettings, exporter: CountingExporter<ReadableSpan>): SpanProcessor[] {
  if (!settings.exporters.includes('otlp')) return [new SimpleSpanProcessor({ exporter })];
  const batches = new BatchSpanProcessor({ exporter, ...settings.batch });
  if (!settings.exporters.includes('console')) return [batches];
  return [batches, new SimpleSpanProcessor({ exporter: consoleExporter().exporter })];
}
