import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { PATIENCE_MILLIS } from '../in-time.ts';
import { type Collector, startCollector } from './collector.ts';
import { freePorts } from './free-ports.ts';

const timeoutMillis = PATIENCE_MILLIS;

/** Posts bodies as one OTLP/HTTP JSON request of otherwise equal records. */
async function post(collector: Collector, bodies: readonly string[]): Promise<void> {
  await postRequest(collector, {
    resourceLogs: [{ scopeLogs: [{ logRecords: bodies.map((body) => ({ body: { stringValue: body } })) }] }],
  });
}

async function postRequest(collector: Collector, request: unknown): Promise<void> {
  const response = await fetch(`${collector.httpEndpoint}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  assert.equal(response.status, 200, await response.text());
}

test('a posted record comes back flattened, every field as it was sent', async () => {
  await using collector = await startCollector();
  assert.equal((await fetch(collector.healthEndpoint)).status, 200);
  await postRequest(collector, {
    resourceLogs: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'edge' } }] },
        schemaUrl: 'https://opentelemetry.io/schemas/1.44.0',
        scopeLogs: [
          {
            scope: { name: 'otel-tcpaccept', version: '0.1.0' },
            schemaUrl: 'https://opentelemetry.io/schemas/1.45.0',
            logRecords: [
              {
                timeUnixNano: '1795460000123456789',
                observedTimeUnixNano: '1795460000223456789',
                severityNumber: 9,
                body: { stringValue: 'nginx[812] accepted ::1 → ::1' },
                eventName: 'tcpaccept.connection.accepted',
                droppedAttributesCount: 2,
                attributes: [
                  { key: 'network.peer.port', value: { intValue: '51324' } },
                  { key: 'unsafe', value: { intValue: '9007199254740993' } },
                  { key: 'tcpaccept.tcp.rtt', value: { doubleValue: 1 } },
                  { key: 'tcpaccept.mptcp', value: { boolValue: false } },
                  { key: 'thread.name', value: { stringValue: 'ngïnx' } },
                ],
              },
            ],
          },
        ],
      },
    ],
  });

  assert.deepEqual(await collector.waitForRecords(1, { timeoutMillis }), [
    {
      eventName: 'tcpaccept.connection.accepted',
      timeUnixNano: 1795460000123456789n,
      observedTimeUnixNano: 1795460000223456789n,
      severityNumber: 9,
      severityText: '',
      body: 'nginx[812] accepted ::1 → ::1',
      attributes: {
        'network.peer.port': 51324,
        unsafe: 9007199254740993n,
        'tcpaccept.tcp.rtt': 1,
        'tcpaccept.mptcp': false,
        'thread.name': 'ngïnx',
        event_name: 'tcpaccept.connection.accepted',
      },
      attributeTypes: {
        'network.peer.port': 'int',
        unsafe: 'int',
        'tcpaccept.tcp.rtt': 'double',
        'tcpaccept.mptcp': 'bool',
        'thread.name': 'string',
        event_name: 'string',
      },
      droppedAttributesCount: 2,
      resource: { 'service.name': 'edge' },
      scopeName: 'otel-tcpaccept',
      scopeVersion: '0.1.0',
      schemaUrl: 'https://opentelemetry.io/schemas/1.45.0',
    },
  ]);
});

test('the shipped configuration starts, works and stops without a warning', async () => {
  const collector = await startCollector();
  await post(collector, ['a']);
  await collector.waitForRecords(1, { timeoutMillis });
  await collector.stop();
  const log = collector.stderr();
  assert.doesNotMatch(log, /deprecated/i);
  assert.doesNotMatch(log, /\t(warn|error)\t/);
  assert.match(log, /Shutdown complete/);
  assert.equal((await collector.records()).length, 1);
  assert.throws(() => process.kill(collector.pid, 0), { code: 'ESRCH' });
});

test('20,000 records in many requests are all read, each once', async () => {
  await using collector = await startCollector();
  const bodies = Array.from({ length: 20_000 }, (_, number) => `record ${number}`);
  for (let start = 0; start < bodies.length; start += 400) await post(collector, bodies.slice(start, start + 400));
  const records = await collector.waitForRecords(bodies.length, { timeoutMillis });
  assert.deepEqual(
    records.map((record) => record.body),
    bodies,
  );
});

test('collectors started at once have ports and records of their own', async () => {
  const collectors = await Promise.all([startCollector(), startCollector(), startCollector()]);
  await using stack = new AsyncDisposableStack();
  for (const collector of collectors) stack.use(collector);
  await Promise.all(collectors.map((collector) => post(collector, [`for ${collector.pid}`])));
  for (const collector of collectors) {
    const records = await collector.waitForRecords((all) => all.length > 0, { timeoutMillis });
    assert.deepEqual(
      records.map((record) => record.body),
      [`for ${collector.pid}`],
    );
  }
});

test('a killed collector starts again on the same ports and file', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'otel-tcpaccept-harness-'));
  t.after(() => rm(folder, { recursive: true }));
  const recordsPath = join(folder, 'kept', 'records.jsonl');
  const first = await startCollector({ recordsPath });
  await post(first, ['before']);
  first.kill('SIGKILL');
  await first.stop();

  await using second = await startCollector({ recordsPath, ports: first.ports });
  await post(second, ['after']);
  const records = await second.waitForRecords(2, { timeoutMillis });
  assert.deepEqual(
    records.map((record) => record.body),
    ['before', 'after'],
  );
  await second.stop();
  assert.ok(existsSync(recordsPath));
});

test('given ports that are taken are an error that shows why', async () => {
  await using collector = await startCollector();
  const [health = 0] = await freePorts(1);
  await assert.rejects(startCollector({ ports: { ...collector.ports, health } }), /address already in use/);
});

test('waiting for records that never come ends at the deadline and says what is there', async () => {
  await using collector = await startCollector();
  await post(collector, ['one']);
  await assert.rejects(collector.waitForRecords(2, { timeoutMillis: 300 }), /until 2 records are there, there are 1,/);
});
