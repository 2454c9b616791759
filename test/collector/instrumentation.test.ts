import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ATTRIBUTES } from '../../src/record/attributes.ts';
import { PACKAGE_VERSION } from '../../src/version.ts';
import { PATIENCE_MILLIS } from '../in-time.ts';
import { Application, REGISTER, SDK, SDK_WITH_PLUGIN } from '../instrumentation/application.ts';
import { connectTo, resetAll } from '../kernel/client.ts';
import type { CollectedRecord } from './collected-record.ts';
import { type Collector, startCollector } from './collector.ts';

const WAIT = { timeoutMillis: PATIENCE_MILLIS };

/** As an operator would set it: logs only. */
function toCollector(collector: Collector): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpEndpoint,
    OTEL_SERVICE_NAME: 'shop',
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOG_LEVEL: 'error',
  };
}

const peerPortsOf = (records: readonly CollectedRecord[]) =>
  records.map(({ attributes }) => attributes['network.peer.port']);

for (const [name, imports] of [
  ['named in the options of NodeSDK', [SDK_WITH_PLUGIN]],
  ['preloaded before NodeSDK', [REGISTER, SDK]],
  ['preloaded after NodeSDK', [SDK, REGISTER]],
] as const) {
  test(`${name}: what an HTTP server accepts is in the collector, beside its resource`, async () => {
    await using collector = await startCollector();
    await using application = await Application.listening({ imports, env: toCollector(collector) });
    const ports: number[] = [];
    for (let i = 0; i < 10; i++) ports.push(await application.request());
    const { code, stderr } = await application.end();
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    const records = await collector.waitForRecords(ports.length, WAIT);
    assert.deepEqual(peerPortsOf(records), ports);
    for (const record of records) assertOf(application, record);
  });
}

/** What must hold for every record of an application that runs in the host's pid namespace. */
function assertOf(application: Application, record: CollectedRecord): void {
  const { attributes, resource } = record;
  assert.equal(record.eventName, 'tcpaccept.connection.accepted');
  assert.equal(record.severityNumber, 9);
  assert.equal(record.droppedAttributesCount, 0);
  assert.deepEqual([record.scopeName, record.scopeVersion], ['otel-tcpaccept', PACKAGE_VERSION]);
  assert.equal(record.schemaUrl, 'https://opentelemetry.io/schemas/1.45.0');
  assert.equal(resource['service.name'], 'shop');
  assert.equal(resource['process.pid'], application.pid);
  assert.equal(attributes['process.pid'], application.pid);
  assert.equal(attributes['process.vpid'], undefined);
  assert.equal(attributes['process.executable.path'], resource['process.executable.path']);
  assert.equal(attributes['network.local.port'], application.port);
  for (const { name, type } of ATTRIBUTES) {
    if (name in attributes) assert.equal(record.attributeTypes[name], type === 'boolean' ? 'bool' : type, name);
  }
}

test('in a pid namespace of its own, process.vpid is what its resource says, process.pid is what the host says', async () => {
  await using collector = await startCollector();
  await using application = await Application.listening({
    imports: [SDK_WITH_PLUGIN],
    wrapper: ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'],
    env: toCollector(collector),
  });
  const hostPid = Number(readFileSync(`/proc/${application.pid}/task/${application.pid}/children`, 'utf8'));
  const port = await application.request();
  const { code, stderr } = await application.end();
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  const records = await collector.waitForRecords(1, WAIT);
  assert.deepEqual(peerPortsOf(records), [port]);
  for (const { attributes, resource } of records) {
    assert.equal(attributes['process.vpid'], 1);
    assert.equal(resource['process.pid'], 1);
    assert.equal(attributes['process.pid'], hostPid);
    assert.equal(attributes['process.executable.path'], resource['process.executable.path']);
  }
});

const IDLE_MILLIS = 3000;

for (const protocol of ['http/protobuf', 'grpc'] as const) {
  test(`idle over ${protocol}: none of the connections of its own exporters is a record`, async () => {
    await using collector = await startCollector();
    const collectorPort = protocol === 'grpc' ? collector.ports.grpc : collector.ports.http;
    // All that the collector accepts, and every signal exported: the collector answers, though it takes only logs.
    await using application = await Application.listening({
      imports: [SDK_WITH_PLUGIN],
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? collector.grpcEndpoint : collector.httpEndpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_METRICS_EXPORTER: 'otlp',
        OTEL_METRIC_EXPORT_INTERVAL: '200',
        OTEL_METRIC_EXPORT_TIMEOUT: '200',
        OTEL_NODE_EXPERIMENTAL_SDK_METRICS: 'true',
        PLUGIN_OPTIONS: JSON.stringify({ processes: 'all', ports: [collectorPort] }),
      },
    });
    await delay(IDLE_MILLIS);
    assert.deepEqual(await collector.records(), []);

    const control = await connectTo(collectorPort, '127.0.0.1');
    const records = await collector.waitForRecords(1, WAIT);
    resetAll([control]);
    const { code, stderr, counts } = await application.end();
    assert.equal(code, 0, stderr);
    assert.deepEqual(peerPortsOf(records), [control.peerPort]);
    assert.deepEqual(records, await collector.records());
    assert.equal(records[0]?.attributes['process.pid'], collector.pid);
    // It did export while it was idle: gRPC's exporters share a connection, HTTP's have one each.
    assert.ok(counts && counts.self >= (protocol === 'grpc' ? 1 : 2), `self=${counts?.self}`);
    assert.equal(counts.emitted, 1);
  });
}
