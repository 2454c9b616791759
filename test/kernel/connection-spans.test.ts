import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLedger } from '../collector/ledger-line.ts';
import { TracerCommand } from '../collector/tracer-command.ts';
import { OtlpServer } from '../export/otlp-server.ts';
import { connectTo } from './client.ts';
import { Server } from './server.ts';

/** Of the ledger: what is counted for this tracer's own records. */
function countsOf(stderr: string, names: readonly string[]): Record<string, number | undefined> {
  const ledger: Record<string, number> = { ...readLedger(stderr) };
  return Object.fromEntries(names.map((name) => [name, ledger[name]]));
}

test('--connections: a span of a life that links to the accept’s on its log record; what stays open is counted', async () => {
  await using traces = await OtlpServer.start();
  await using server = await Server.start();
  const listener = await server.listen('inet', '127.0.0.1');
  const flags = ['-P', `${listener.port}`, '--output', 'ndjson', '--connections'];
  await using tracer = await TracerCommand.tracing(flags, {
    env: {
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${traces.endpoint}/v1/traces`,
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '10',
    },
  });
  const [ending, staying] = [await connectTo(listener.port, '127.0.0.1'), await connectTo(listener.port, '127.0.0.1')];
  const { accepted } = await server.accept(listener, { count: 2 });
  const [descriptor = assert.fail()] = accepted.map((facts) => facts.descriptor);
  ending.socket.end(Buffer.alloc(777));
  await server.run('await_end', { descriptor });
  await server.run('close', { descriptor });
  await tracer.untilLines(2);
  const spans = () =>
    traces.requests.flatMap(({ body }) => JSON.parse(body.toString()).resourceSpans[0].scopeSpans[0].spans);
  await tracer.until(() => spans().length === 3, 'two waits and a life are exported');
  const { code, stderr } = await tracer.stop();
  staying.socket.destroy();
  assert.equal(code, 0, stderr);

  const life = spans().find(({ name }) => name === 'TCP connection');
  const row = tracer.rows.find((one) => one['network.peer.port'] === ending.peerPort);
  assert.ok(life && row);
  const [{ traceId, spanId }] = life.links;
  assert.deepEqual([traceId, spanId], [row['trace_id'], row['span_id']]);
  assert.notEqual(life.traceId, traceId);
  const attributes = new Map(
    life.attributes.map(({ key, value }: { key: string; value: object }) => [key, Object.values(value)[0]]),
  );
  assert.equal(attributes.get('log.record.uid'), row['log.record.uid']);
  assert.equal(Number(attributes.get('tcpaccept.connection.received.size')), 777);
  assert.deepEqual(
    ['closed_by', 'close_cause'].map((name) => attributes.get(`tcpaccept.connection.${name}`)),
    ['peer', 'fin'],
  );
  assert.equal(Number(attributes.get('process.pid')), server.pid);
  const counts = { connections: 2, connections_open: 1, ends_submitted: 1, ends_drained: 1, spans_delivered: 3 };
  assert.deepEqual(countsOf(stderr, Object.keys(counts)), counts);
});

test('--connections without traces: one sentence says that none is made, and why; with --pin it ends with one', async () => {
  await using tracer = await TracerCommand.tracing(['-p', `${process.pid}`, '--connections'], { env: {} });
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  assert.deepEqual(
    [...stderr.matchAll(/^otel-tcpaccept: warning: (.*)$/gm)].map(([, text]) => text),
    ['--connections: no spans are exported, so none is made; set OTEL_TRACES_EXPORTER=otlp as well'],
  );
  await using pinned = new TracerCommand(['--connections', '--pin', '/sys/fs/bpf/x'], {
    env: { OTEL_TRACES_EXPORTER: 'otlp' },
  });
  const refused = await pinned.ended();
  assert.deepEqual([refused.code, refused.stdout], [2, '']);
  assert.match(refused.stderr, /^otel-tcpaccept: --connections and --pin exclude each other[^\n]*\n$/);
});
