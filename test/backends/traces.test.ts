import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { otlpJsonOf } from '../../src/export/otlp-json.ts';
import { readLedger } from '../collector/ledger-line.ts';
import { TracerCommand } from '../collector/tracer-command.ts';
import { OtlpServer } from '../export/otlp-server.ts';
import { PATIENCE_MILLIS } from '../in-time.ts';
import { Server } from '../kernel/server.ts';
import { acceptSlowly } from '../kernel/slow-accept.ts';
import { Jaeger } from './jaeger.ts';

const WAIT_MILLIS = 300;
const CLOCK_TOLERANCE_NS = 1_000_000;

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
}

function attributesOf(span: Span): ReadonlyMap<string, unknown> {
  return new Map(span.attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

/** The spans of a trace, once Jaeger's API knows it. */
async function spansOf(jaeger: Jaeger, traceId: string): Promise<Span[]> {
  const deadline = performance.now() + PATIENCE_MILLIS;
  for (;;) {
    const response = await fetch(`${jaeger.queryUrl}/api/v3/traces/${traceId}`);
    const text = await response.text();
    if (response.status === 200) return spansIn(text);
    assert.ok(performance.now() < deadline, `${response.status} ${text}; Jaeger's log:\n${jaeger.log}`);
    await pause(50);
  }
}

/** The span of a connection's life, once the search of Jaeger's page finds it by the uid on the log record. */
async function lifeOf(jaeger: Jaeger, uid: string): Promise<Span> {
  const query = new URLSearchParams({
    service: 'otel-tcpaccept',
    operation: 'TCP connection',
    tags: JSON.stringify({ 'log.record.uid': uid }),
    lookback: '1h',
    limit: '2',
  });
  const deadline = performance.now() + PATIENCE_MILLIS;
  for (;;) {
    const { data } = JSON.parse(await (await fetch(`${jaeger.queryUrl}/api/traces?${query}`)).text());
    const [trace, ...others] = data ?? [];
    assert.deepEqual(others, []);
    if (trace) return (await spansOf(jaeger, trace.traceID))[0] ?? assert.fail('a trace without a span');
    assert.ok(performance.now() < deadline, `not found; Jaeger's log:\n${jaeger.log}`);
    await pause(50);
  }
}

function spansIn(text: string): Span[] {
  return JSON.parse(text).result.resourceSpans.flatMap((of: { scopeSpans: { spans: Span[] }[] }) =>
    of.scopeSpans.flatMap(({ spans }) => spans),
  );
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
  const attributes = attributesOf(span);
  assert.equal(Number(attributes.get('network.peer.port')), peerPort);
  assert.equal(Number(attributes.get('process.pid')), server.pid);
  const services = JSON.parse(await (await fetch(`${jaeger.queryUrl}/api/services`)).text());
  assert.deepEqual(services.data, ['otel-tcpaccept']);

  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  const { drained, delivered, span_candidates, spans_delivered } = readLedger(stderr);
  assert.deepEqual([drained, delivered, span_candidates, spans_delivered], [1, 1, 1, 1]);
});

test('Jaeger finds the life of a connection: its bytes, who closed it, and the link to its wait', async () => {
  const [toServer, toClient] = [54_321, 12_345];
  await using jaeger = await Jaeger.start();
  await using server = await Server.start();
  const listener = await server.listen('inet', '127.0.0.1');
  await using tracer = await TracerCommand.tracing(['-P', `${listener.port}`, '--connections', '--output', 'ndjson'], {
    env: {
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${jaeger.httpEndpoint}/v1/traces`,
      OTEL_BSP_SCHEDULE_DELAY: '50',
    },
  });
  const address = { address: '127.0.0.1', port: listener.port };
  const { descriptor: client } = await server.run<{ descriptor: number }>('connect_and_stay', address);
  const { accepted } = await server.accept(listener);
  const [{ descriptor } = assert.fail()] = accepted;
  await server.run('transfer', { sender: client, receiver: descriptor, size: toServer });
  await server.run('transfer', { sender: descriptor, receiver: client, size: toClient });
  await server.run('close', { descriptor });
  await server.run('await_end', { descriptor: client });
  await tracer.untilLines(1);
  const [row = assert.fail()] = tracer.rows;

  const wait = (await spansOf(jaeger, `${row['trace_id']}`))[0] ?? assert.fail();
  const life = await lifeOf(jaeger, `${row['log.record.uid']}`);
  assert.deepEqual(
    life.links?.map(({ traceId, spanId }) => [traceId, spanId]),
    [[wait.traceId, wait.spanId]],
  );
  // Both by the wall clock, which each batch asks anew.
  const apartNs = Number(BigInt(life.startTimeUnixNano) - BigInt(wait.endTimeUnixNano));
  assert.ok(Math.abs(apartNs) < CLOCK_TOLERANCE_NS, `${apartNs} ns`);
  const attributes = attributesOf(life);
  const own = ['received.size', 'sent.size', 'closed_by', 'close_cause'];
  assert.deepEqual(
    own.map((name) => `${attributes.get(`tcpaccept.connection.${name}`)}`),
    [`${toServer}`, `${toClient}`, 'local', 'fin'],
  );
  assert.equal(Number(attributes.get('network.peer.port')), row['network.peer.port']);
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  const { connections, ends_drained, span_candidates, spans_delivered } = readLedger(stderr);
  assert.deepEqual([connections, ends_drained, span_candidates, spans_delivered], [1, 1, 2, 2]);
});
