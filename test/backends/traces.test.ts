import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { otlpJsonOf } from '../../src/export/otlp-json.ts';
import { readLedger } from '../collector/ledger-line.ts';
import { TracerCommand } from '../collector/tracer-command.ts';
import { OtlpServer } from '../export/otlp-server.ts';
import { Server } from '../kernel/server.ts';
import { acceptSlowly } from '../kernel/slow-accept.ts';
import { Jaeger } from './jaeger.ts';

const WAIT_MILLIS = 300;
const PATIENCE_MILLIS = 20_000;

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

/** The spans of a trace, once Jaeger's API knows it. */
async function spansOf(jaeger: Jaeger, traceId: string): Promise<Span[]> {
  const deadline = performance.now() + PATIENCE_MILLIS;
  for (;;) {
    const response = await fetch(`${jaeger.queryUrl}/api/v3/traces/${traceId}`);
    const text = await response.text();
    if (response.status === 200) {
      return JSON.parse(text).result.resourceSpans.flatMap((of: { scopeSpans: { spans: Span[] }[] }) =>
        of.scopeSpans.flatMap(({ spans }) => spans),
      );
    }
    assert.ok(performance.now() < deadline, `${response.status} ${text}; Jaeger's log:\n${jaeger.log}`);
    await pause(50);
  }
}

test('Jaeger has the wait that a slow server caused, under the trace id of the log record', async () => {
  await using jaeger = await Jaeger.start();
  await using logs = await OtlpServer.start();
  await using server = await Server.start();
  const listener = await server.listen('inet', '127.0.0.1');
  await using tracer = await TracerCommand.tracing(['-P', `${listener.port}`, '--output', 'none'], {
    env: {
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: logs.endpoint,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${jaeger.httpEndpoint}/v1/traces`,
      OTEL_BSP_SCHEDULE_DELAY: '50',
      OTEL_BLRP_SCHEDULE_DELAY: '50',
    },
  });
  const { leastNs, mostNs, peerPort } = await acceptSlowly(server, listener, WAIT_MILLIS);
  await tracer.until(() => logs.requests.length > 0, 'the record is exported');
  const [{ body } = assert.fail()] = logs.requests;
  const [record] = JSON.parse(otlpJsonOf(body)).resourceLogs[0].scopeLogs[0].logRecords;
  assert.match(record.traceId, /^[0-9a-f]{32}$/);

  const [span, ...more] = await spansOf(jaeger, record.traceId);
  assert.ok(span && more.length === 0);
  assert.deepEqual([span.traceId, span.spanId, span.name], [record.traceId, record.spanId, 'TCP wait_for_accept']);
  assert.equal(span.endTimeUnixNano, record.timeUnixNano);
  const durationNs = BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano);
  assert.ok(leastNs <= durationNs && durationNs <= mostNs, `${leastNs} <= ${durationNs} <= ${mostNs}`);
  const attributes = new Map(span.attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
  assert.equal(Number(attributes.get('network.peer.port')), peerPort);
  assert.equal(Number(attributes.get('process.pid')), server.pid);
  const services = JSON.parse(await (await fetch(`${jaeger.queryUrl}/api/services`)).text());
  assert.deepEqual(services.data, ['otel-tcpaccept']);

  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  const { drained, delivered, span_candidates, spans_delivered } = readLedger(stderr);
  assert.deepEqual([drained, delivered, span_candidates, spans_delivered], [1, 1, 1, 1]);
});
