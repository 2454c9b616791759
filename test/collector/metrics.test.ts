import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { OPTIONS } from '../../src/config.ts';
import { recordsThatFit } from '../../src/kernel/record-layout.ts';
import { LEDGER_METRICS, LEDGER_NAMES } from '../../src/ledger.ts';
import { LOSS_CAUSES } from '../../src/record/loss-record.ts';
import { Acceptor } from './acceptor.ts';
import { ledgerOf, readMetrics } from './collected-metrics.ts';
import { type Collector, startCollector } from './collector.ts';
import { connect } from './connector.ts';
import { freePorts } from './free-ports.ts';
import { assertIdentities, readLedger } from './ledger-line.ts';
import { runCommand, TracerCommand } from './tracer-command.ts';

const ACCEPTS = 3000;

async function exportsOf({ metricsPath }: Collector, atLeast: number) {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const found = existsSync(metricsPath) ? readMetrics(metricsPath) : [];
    if (found.length >= atLeast) return found;
    assert.ok(performance.now() < deadline, `${found.length} exports of metrics, not ${atLeast}`);
    await delay(20);
  }
}

for (const [protocol, port] of [
  ['http/protobuf', 'http'],
  ['http/json', 'http'],
  ['grpc', 'grpc'],
] as const) {
  test(`over ${protocol}: the ledger as metrics, its sums holding in every export, the last as the ledger at exit`, async () => {
    await using collector = await startCollector();
    await using acceptor = await Acceptor.start();
    await using tracer = await TracerCommand.tracing(['-P', acceptor.ports.join(','), '--output', 'ndjson'], {
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: port === 'http' ? collector.httpEndpoint : collector.grpcEndpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_METRICS_EXPORTER: 'otlp',
        OTEL_METRIC_EXPORT_INTERVAL: '500',
        OTEL_BLRP_SCHEDULE_DELAY: '20',
      },
    });
    await connect(acceptor.targets(), ACCEPTS, { awaits: false });
    await exportsOf(collector, 3);
    const { code, stderr } = await tracer.stop();
    assert.equal(code, 0, stderr);
    const exports = await exportsOf(collector, 4);
    for (const metrics of exports) {
      const { seen, self } = ledgerOf(metrics);
      assert.ok(seen >= self);
      assertIdentities(ledgerOf(metrics), JSON.stringify(ledgerOf(metrics)));
    }
    assert.deepEqual(ledgerOf(exports.at(-1) ?? assert.fail()), readLedger(stderr));
    const { delivered, drained, reports } = readLedger(stderr);
    assert.deepEqual([drained, delivered], [ACCEPTS, ACCEPTS + reports]);
    assert.ok(
      tracer.rows.every((row) => row['network.local.port'] !== collector.ports[port]),
      'our own are no events',
    );
  });
}

test('every metric has its unit, a description, a kind and only the attributes that tell its counts apart', async () => {
  await using collector = await startCollector();
  const { code, stderr } = await runCommand(['--duration', '0.2', '--output', 'none'], {
    env: {
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${collector.httpEndpoint}/v1/metrics`,
      OTEL_LOGS_EXPORTER: 'none',
    },
  });
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^otel-tcpaccept: tracing [^\n]* export=off metrics=http:\/\/127\.0\.0\.1:\d+\/v1\/metrics$/m);
  const [metrics] = await exportsOf(collector, 1);
  const expected = LEDGER_NAMES.flatMap((name) => LEDGER_METRICS[name] ?? []);
  assert.deepEqual(new Set(metrics?.keys()), new Set([...expected.map(({ name }) => name), 'tcpaccept.ring.capacity']));
  for (const { name, unit, kind } of expected) {
    const found = metrics?.get(name);
    assert.deepEqual([found?.unit, found?.isMonotonic, found?.isCumulative], [unit, kind === 'counter', true], name);
    assert.ok(found?.description);
  }
  const causes = [...(metrics?.get('tcpaccept.records.lost')?.points.keys() ?? [])];
  assert.deepEqual(causes.sort(), [...LOSS_CAUSES].sort());
  assert.equal(
    metrics?.get('tcpaccept.ring.capacity')?.points.get(''),
    recordsThatFit(OPTIONS.ringBytes.default.value),
  );
});

test('nobody takes the metrics: said once, and SIGTERM ends it in time', async () => {
  const [port] = await freePorts(1);
  await using tracer = await TracerCommand.tracing(['--output', 'none'], {
    env: {
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `http://127.0.0.1:${port}/v1/metrics`,
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_METRIC_EXPORT_INTERVAL: '50',
    },
  });
  await delay(300);
  const { code, millis, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  assert.ok(millis < 5000, `${millis} ms`);
  assert.equal(stderr.match(/the ledger's metrics were not taken by http:\/\/127\.0\.0\.1/g)?.length, 1, stderr);
});

for (const [env, code, sentence] of [
  [
    { OTEL_METRICS_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'collector:4318' },
    2,
    /OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "collector:4318" is no URL/,
  ],
  [
    { OTEL_METRICS_EXPORTER: 'prometheus' },
    0,
    /warning: OTEL_METRICS_EXPORTER: "prometheus" is not understood; it accepts otlp, console, or none; it is left out/,
  ],
  [{ OTEL_METRICS_EXPORTER: 'none' }, 0, /^otel-tcpaccept: tracing hook=\w+ export=off\n/],
] as const) {
  test(`${JSON.stringify(env)}: exit ${code}`, async () => {
    const ended = await runCommand(['--duration', '0.1', '--output', 'none'], { env });
    assert.match(ended.stderr, sentence);
    assert.equal(ended.code, code, ended.stderr);
  });
}

test('console: every metric on stdout at the end', async () => {
  const { code, stdout } = await runCommand(['--duration', '0.1', '--output', 'none'], {
    env: { OTEL_METRICS_EXPORTER: 'console' },
  });
  assert.equal(code, 0);
  for (const name of LEDGER_NAMES) {
    const metric = LEDGER_METRICS[name];
    if (metric) assert.ok(stdout.includes(`'${metric.name}'`), metric.name);
  }
});
