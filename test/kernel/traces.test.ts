import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LedgerCounts } from '../../src/ledger.ts';
import { readLedger } from '../collector/ledger-line.ts';
import { TracerCommand } from '../collector/tracer-command.ts';
import { OtlpServer } from '../export/otlp-server.ts';
import { Server } from './server.ts';
import { acceptSlowly } from './slow-accept.ts';

const WAIT_MILLIS = 120;

/** Of what is counted for this tracer's own records: `unstamped` is the whole host's. */
function assertCounts(stderr: string, expected: Partial<LedgerCounts>): void {
  const ledger: Record<string, number> = { ...readLedger(stderr) };
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, ledger[name]])), expected);
}

test('a span of the wait a slow server causes; connections for traces are our own', async () => {
  await using traces = await OtlpServer.start();
  await using server = await Server.start();
  const listener = await server.listen('inet', '127.0.0.1');
  await using tracer = await TracerCommand.tracing(['-P', `${listener.port},${traces.port}`, '--output', 'ndjson'], {
    env: {
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${traces.endpoint}/v1/traces`,
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '10',
    },
  });
  const { leastNs, mostNs, peerPort } = await acceptSlowly(server, listener, WAIT_MILLIS);
  await tracer.until(() => traces.requests.length > 0, 'a span is exported');
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  assert.match(
    stderr,
    new RegExp(`^otel-tcpaccept: tracing \\S+ export=off traces=${traces.endpoint}/v1/traces$`, 'm'),
  );
  const [row, ...more] = tracer.rows;
  assert.ok(row && more.length === 0, 'our own are no events');
  assert.equal(row['network.peer.port'], peerPort);
  const [span] = traces.requests.flatMap(
    ({ body }) => JSON.parse(body.toString()).resourceSpans[0].scopeSpans[0].spans,
  );
  assert.deepEqual([span.traceId, span.spanId], [row['trace_id'], row['span_id']]);
  const durationNs = BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano);
  assert.ok(leastNs <= durationNs && durationNs <= mostNs, `${leastNs} <= ${durationNs} <= ${mostNs}`);
  const [{ self = 0 } = {}] = tracer.ledgers;
  assert.ok(self > 0, 'the connection for traces was seen');
  const counts = { submitted: 1, drained: 1, unexported: 1, printed: 1, span_candidates: 1, spans_delivered: 1 };
  assertCounts(stderr, { ...counts, self });
});

test('nobody takes the spans: said, counted, and the end comes in time', async () => {
  await using server = await Server.start();
  const listener = await server.listen('inet', '127.0.0.1');
  await using tracer = await TracerCommand.tracing(['-P', `${listener.port}`], {
    env: { OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:1/v1/traces' },
  });
  await acceptSlowly(server, listener, 1);
  await tracer.until(() => tracer.lines.length > 1, 'it prints the row');
  const { code, millis, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  assert.ok(millis < 5000, `${millis} ms`);
  assert.match(stderr, /warning: nothing listens at http:\/\/127\.0\.0\.1:1\/v1\/traces/);
  const counts = { submitted: 1, drained: 1, unexported: 1, printed: 1, span_candidates: 1, spans_dropped: 1 };
  assertCounts(stderr, counts);
});

test('OTEL_TRACES_SAMPLER=always_off: no span, no ids, all counted', async () => {
  await using server = await Server.start();
  const listener = await server.listen('inet', '127.0.0.1');
  await using tracer = await TracerCommand.tracing(['-P', `${listener.port}`, '--output', 'ndjson'], {
    env: { OTEL_TRACES_EXPORTER: 'console', OTEL_TRACES_SAMPLER: 'always_off' },
  });
  await acceptSlowly(server, listener, 1);
  await tracer.untilLines(1);
  const { stderr } = await tracer.stop();
  assert.deepEqual(
    tracer.rows.map((row) => [row['trace_id'], row['span_id']]),
    [[undefined, undefined]],
  );
  assertCounts(stderr, { submitted: 1, drained: 1, unexported: 1, printed: 1, span_candidates: 1, unsampled: 1 });
});
