import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AcceptSpans } from '../../src/export/accept-spans.ts';
import { readTracesEnvironment } from '../../src/export/traces-environment.ts';
import type { ConnectionEnd } from '../../src/kernel/connection-end.ts';
import { Ledger, type LedgerName } from '../../src/ledger.ts';
import { spanIdsOf } from '../../src/record/accept-span.ts';
import { attributesOf } from '../../src/record/attributes.ts';
import { connectionSpanIdsOf } from '../../src/record/connection-span.ts';
import type { EndRecord } from '../../src/record/end-record.ts';
import { exampleEnd } from '../output/example-end.ts';
import { exampleRecord } from '../output/example-record.ts';
import { batchOf } from '../record/record-batch.ts';
import { OtlpServer } from './otlp-server.ts';

const NAMES = ['span_candidates', 'unsampled', 'spans_delivered', 'spans_dropped'] as const;

interface JsonSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
}

/** Connections with the sequences from `first` on, each of a uid of its own. */
function connections(count: number, { first = 0, end = {} }: { first?: number; end?: Partial<ConnectionEnd> } = {}) {
  return Array.from({ length: count }, (_, index): EndRecord => {
    const sequence = BigInt(first + index);
    return { accept: { ...exampleRecord({ sequence }), uid: `boot-load-1-${sequence}` }, end: exampleEnd(end) };
  });
}

/** What becomes of accepts and then of their ends: the spans that arrive, and the counts that are not 0. */
async function spansOf(environment: NodeJS.ProcessEnv, make: (spans: AcceptSpans) => void) {
  await using server = await OtlpServer.start();
  const ledger = new Ledger();
  const { settings } = readTracesEnvironment({
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: server.endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    ...environment,
  });
  const resource = resourceFromAttributes({ 'service.name': 'test' });
  const spans = await AcceptSpans.open({ settings, resource, ledger, warn: () => {}, mostOpenConnections: 65_536 });
  make(spans);
  await spans.close(5000);
  const arrived = server.requests.flatMap(({ body }) =>
    JSON.parse(body.toString()).resourceSpans.flatMap((of: { scopeSpans: { spans: JsonSpan[] }[] }) =>
      of.scopeSpans.flatMap(({ spans: some }) => some),
    ),
  ) as JsonSpan[];
  const counts = NAMES.map((name): [LedgerName, number] => [name, ledger.get(name)]).filter(([, count]) => count > 0);
  return { lives: arrived.filter(({ name }) => name === 'TCP connection'), counts: Object.fromEntries(counts) };
}

function trace(spans: AcceptSpans, records: readonly EndRecord[]): void {
  spans.trace(batchOf(records.map(({ accept }) => accept)));
}

function traceEnds(spans: AcceptSpans, records: readonly EndRecord[]): void {
  const ends = records.map(({ end }) => end);
  spans.traceEnds(batchOf(records.map(({ accept }) => accept)), ends);
}

test('a span from accepted to closed in a trace of its own, which links to the accept’s', async () => {
  const [connection = assert.fail()] = connections(1);
  const { lives, counts } = await spansOf({}, (spans) => {
    trace(spans, [connection]);
    traceEnds(spans, [connection]);
  });
  const [span, ...more] = lives;
  assert.ok(span && more.length === 0);
  const ids = connectionSpanIdsOf('boot-load-1-0');
  const linked = spanIdsOf('boot-load-1-0');
  assert.deepEqual([span.traceId, span.spanId, span.parentSpanId], [ids.traceId, ids.spanId, undefined]);
  assert.notEqual(ids.traceId, linked.traceId);
  assert.deepEqual(
    span.links?.map(({ traceId, spanId }) => ({ traceId, spanId })),
    [linked],
  );
  assert.equal(span.kind, 1, 'INTERNAL is 1 in OTLP');
  assert.deepEqual([span.startTimeUnixNano, span.endTimeUnixNano], ['1700000000000000001', '1700000060000000002']);
  const attributes = new Map(span.attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
  for (const name of Object.keys(attributesOf('accepted', connection.accept))) assert.ok(attributes.has(name), name);
  const own = [...attributes].filter(([name]) => name.startsWith('tcpaccept.connection.'));
  assert.deepEqual(Object.fromEntries(own), {
    'tcpaccept.connection.closed_by': 'peer',
    'tcpaccept.connection.close_cause': 'fin',
    'tcpaccept.connection.received.size': 1234,
    'tcpaccept.connection.sent.size': 5678,
    'tcpaccept.connection.acknowledged.size': 5678,
    'tcpaccept.connection.received.segment_count': 12,
    'tcpaccept.connection.sent.segment_count': 13,
    'tcpaccept.connection.retransmitted.segment_count': 1,
    'tcpaccept.connection.rtt': 0.0003,
  });
  assert.deepEqual(counts, { span_candidates: 2, spans_delivered: 2 });
});

test('a sampler: the connections that have a span are those whose accepts have one', async () => {
  const all = connections(400);
  const { lives, counts } = await spansOf(
    { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' },
    (spans) => {
      trace(spans, all);
      traceEnds(spans, all);
    },
  );
  assert.ok(lives.length > 50 && lives.length < 150, `${lives.length}`);
  const made = 2 * lives.length;
  assert.deepEqual(counts, { span_candidates: 800, unsampled: 800 - made, spans_delivered: made });
});

test('without a sampler: at most 100 a second, also when the accepts of many seconds end in one', async () => {
  const seconds = Array.from({ length: 3 }, (_, second) =>
    connections(60, { first: 60 * second }).map(({ accept, end }) => ({
      accept: {
        ...accept,
        connection: { ...accept.connection, acceptedBootNs: BigInt(second + 1) * 2_000_000_000n },
      },
      end,
    })),
  );
  const { lives, counts } = await spansOf({}, (spans) => {
    for (const second of seconds) trace(spans, second);
    traceEnds(spans, seconds.flat());
  });
  assert.equal(lives.length, 100);
  assert.deepEqual(counts, { span_candidates: 360, unsampled: 80, spans_delivered: 280 });
});

test('an end whose accept has no span, or was not seen, has none; nor has it two', async () => {
  const [known = assert.fail(), unknown = assert.fail()] = connections(2);
  const { lives, counts } = await spansOf({ OTEL_TRACES_SAMPLER: 'always_on' }, (spans) => {
    trace(spans, [known]);
    traceEnds(spans, [unknown, known, known]);
  });
  assert.equal(lives.length, 1);
  assert.deepEqual(counts, { span_candidates: 4, unsampled: 2, spans_delivered: 2 });
});
