import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AcceptSpans } from '../../src/export/accept-spans.ts';
import { readTracesEnvironment } from '../../src/export/traces-environment.ts';
import { Ledger, type LedgerName } from '../../src/ledger.ts';
import type { RecordBatch } from '../../src/record/accept-record.ts';
import { spanIdsOf } from '../../src/record/accept-span.ts';
import { attributesOf } from '../../src/record/attributes.ts';
import { exampleRecord } from '../output/example-record.ts';
import { batchOf } from '../record/record-batch.ts';
import { OtlpServer } from './otlp-server.ts';
import { until } from './transport/until.ts';

const NAMES = ['span_candidates', 'unsampled', 'spans_queued', 'spans_delivered', 'spans_dropped'] as const;

/** Spans as the environment says, with their ledger and every warning. */
class TestSpans {
  readonly ledger = new Ledger();
  readonly warnings: { readonly cause: string; readonly text: string }[] = [];
  spans!: AcceptSpans;

  static async open(environment: NodeJS.ProcessEnv): Promise<TestSpans> {
    const test = new TestSpans();
    const { settings } = readTracesEnvironment({
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_BSP_SCHEDULE_DELAY: '10',
      ...environment,
    });
    test.spans = await AcceptSpans.open({
      settings,
      resource: resourceFromAttributes({ 'service.name': 'test' }),
      ledger: test.ledger,
      warn: (cause, text) => test.warnings.push({ cause, text }),
      mostOpenConnections: 0,
    });
    return test;
  }

  /** Checks every count that is not 0, and that they add up, as they must at any moment. */
  assertCounts(expected: Partial<Record<LedgerName, number>>): void {
    const counts = this.ledger.counts();
    const moved = NAMES.filter((name) => counts[name] !== 0);
    assert.deepEqual(Object.fromEntries(moved.map((name) => [name, counts[name]])), expected);
    const sum = counts.unsampled + counts.spans_queued + counts.spans_delivered + counts.spans_dropped;
    assert.equal(sum, counts.span_candidates);
  }
}

/** Accepts with the sequences 0, 1, 2..., and so uids of their own. */
function accepts(count: number, different: Parameters<typeof exampleRecord>[0] = {}): RecordBatch {
  return batchOf(
    Array.from({ length: count }, (_, index) => {
      const sequence = BigInt(index);
      return { ...exampleRecord({ ...different, sequence }), uid: `boot-load-1-${sequence}` };
    }),
  );
}

interface JsonSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

function jsonSpans(server: OtlpServer): JsonSpan[] {
  return server.requests.flatMap(({ body }) =>
    JSON.parse(body.toString()).resourceSpans.flatMap((resource: { scopeSpans: { spans: JsonSpan[] }[] }) =>
      resource.scopeSpans.flatMap(({ spans }) => spans),
    ),
  );
}

test('a span from queued to accepted, with the ids of its record and the attributes of the table', async () => {
  await using server = await OtlpServer.start();
  const it = await TestSpans.open({
    OTEL_EXPORTER_OTLP_ENDPOINT: server.endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  });
  const traced = it.spans.trace(
    accepts(1, { acceptedUnixNs: 1_700_000_000_300_000_007n, queueDurationNs: 300_000_001n }),
  );
  it.assertCounts({ span_candidates: 1, spans_queued: 1 });
  await it.spans.close(1000);
  it.assertCounts({ span_candidates: 1, spans_delivered: 1 });
  assert.equal(server.requests[0]?.path, '/v1/traces');
  const [span, ...more] = jsonSpans(server);
  assert.ok(span && more.length === 0);
  const ids = spanIdsOf('boot-load-1-0');
  assert.deepEqual(traced.records[0]?.span, ids);
  assert.deepEqual([span.traceId, span.spanId, span.parentSpanId], [ids.traceId, ids.spanId, undefined]);
  assert.deepEqual([span.name, span.kind], ['TCP wait_for_accept', 1], 'INTERNAL is 1 in OTLP');
  assert.deepEqual([span.startTimeUnixNano, span.endTimeUnixNano], ['1700000000000000006', '1700000000300000007']);
  const [record] = traced.records;
  assert.deepEqual(
    span.attributes.map(({ key }) => key),
    Object.keys(attributesOf('accepted', record ?? assert.fail())),
  );
  assert.deepEqual(it.warnings, []);
});

test('only those have ids of which a span is exported: unsampled, unknown and refused ones are counted', async (t) => {
  await using server = await OtlpServer.start(() => undefined);
  const it = await TestSpans.open({
    OTEL_EXPORTER_OTLP_ENDPOINT: server.endpoint,
    OTEL_BSP_MAX_QUEUE_SIZE: '30',
    OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
  });
  t.after(() => it.spans.close(0));
  const unknown = it.spans.trace(accepts(7, { queueDurationNs: undefined }));
  assert.ok(unknown.records.every(({ span }) => span === undefined));
  it.assertCounts({ span_candidates: 7, unsampled: 7 });
  const many = it.spans.trace(accepts(250));
  assert.equal(many.records.filter(({ span }) => span).length, 30);
  it.assertCounts({ span_candidates: 257, unsampled: 157, spans_queued: 30, spans_dropped: 70 });
  const [warning] = it.warnings;
  assert.equal(warning?.cause, 'traces-queue-full');
  assert.match(
    warning?.text ?? '',
    /^1 span dropped: 30 wait for http\S+\/v1\/traces already \(OTEL_BSP_MAX_QUEUE_SIZE\)$/,
  );
});

for (const [name, answer, expected, text] of [
  [
    'a partial success',
    { status: 200, body: '{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}' },
    { spans_delivered: 3, spans_dropped: 2 },
    /rejected 2 spans and says: too old$/,
  ],
  [
    'a refusal',
    { status: 404 },
    { spans_dropped: 5 },
    /\/v1\/traces answered 404: it does not take traces there: set OTEL_EXPORTER_OTLP_ENDPOINT to one that does \(the path is used as it stands here\); 5 spans rejected$/,
  ],
] as const) {
  test(`${name}: counted and told of`, async () => {
    await using server = await OtlpServer.start(() => answer);
    const it = await TestSpans.open({
      OTEL_EXPORTER_OTLP_ENDPOINT: server.endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    });
    it.spans.trace(accepts(5));
    await it.spans.close(1000);
    it.assertCounts({ span_candidates: 5, ...expected });
    assert.equal(it.warnings.length, 1);
    assert.match(it.warnings[0]?.text ?? '', text);
  });
}

test('nobody there: told of before and at the end, which comes in time, and all are dropped', async () => {
  const it = await TestSpans.open({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
    OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
  });
  it.spans.trace(accepts(5));
  await until(() => it.warnings.length > 0, 'it finds nobody');
  await it.spans.close(200);
  it.assertCounts({ span_candidates: 5, spans_dropped: 5 });
  assert.match(it.warnings[0]?.text ?? '', /nothing listens at .*; trying again before spans are dropped$/);
  assert.match(it.warnings.at(-1)?.text ?? '', /5 spans dropped( at the end)?$/);
  const late = it.spans.trace(accepts(1));
  it.assertCounts({ span_candidates: 6, spans_dropped: 6 });
  assert.equal(late.records[0]?.span, undefined);
});
