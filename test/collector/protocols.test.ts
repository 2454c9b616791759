import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { hostname, release } from 'node:os';
import { test } from 'node:test';
import { SDK_INFO } from '@opentelemetry/core';
import { instanceIdOf } from '../../src/identity/host.ts';
import { PACKAGE_VERSION } from '../../src/version.ts';
import { OtlpServer } from '../export/otlp-server.ts';
import { type AcceptFacts, Acceptor } from './acceptor.ts';
import { type Collector, startCollector } from './collector.ts';
import { type Connected, connect } from './connector.ts';
import {
  assertBetween,
  assertRecord,
  type ExpectedProcess,
  expectedProcess,
  keyOfAccept,
  keyOfRecord,
} from './expected-record.ts';
import { assertLedger } from './ledger-line.ts';
import { TracerCommand } from './tracer-command.ts';

const NOBODY = 65534;
const ROUNDS = 5;
const MACHINE_ID = '/etc/machine-id';

/** Two processes, of different users, each with listeners of every kind. */
async function startAcceptors(stack: AsyncDisposableStack): Promise<ExpectedProcess[]> {
  const acceptors = [await Acceptor.start({ backlog: 7 }), await Acceptor.start({ userId: NOBODY })];
  return acceptors.map((acceptor) => expectedProcess(stack.use(acceptor)));
}

function portsOf(processes: readonly ExpectedProcess[]): string {
  return processes.flatMap(({ acceptor }) => acceptor.ports).join(',');
}

/** Connects to every listener in every way; what the clients saw, and what the processes accepted, both by key. */
async function makeConnections(processes: readonly ExpectedProcess[]) {
  const connected = new Map<string, Connected>();
  const accepted = new Map<string, { process: ExpectedProcess; facts: AcceptFacts }>();
  for (const process of processes) {
    const targets = process.acceptor.targets();
    const made = await connect(targets, ROUNDS * targets.length, { awaits: true });
    for (const one of made) connected.set(keyOfAccept(one), one);
    for (const facts of await process.acceptor.accepted(made.length)) {
      accepted.set(keyOfAccept(facts), { process, facts });
    }
  }
  assert.deepEqual([...accepted.keys()].sort(), [...connected.keys()].sort());
  assert.equal(accepted.size, 2 * ROUNDS * 4, 'no two connections look alike');
  return { connected, accepted };
}

function expectedResource(): Record<string, string> {
  const machineId = existsSync(MACHINE_ID) ? readFileSync(MACHINE_ID, 'utf8').trim() : '';
  const hostId = /^[0-9a-f]{32}$/.test(machineId) ? machineId : undefined;
  return {
    'service.name': 'edge tier',
    'service.version': PACKAGE_VERSION,
    'service.instance.id': instanceIdOf(hostId ?? hostname()),
    'deployment.environment.name': 'test, really',
    'host.name': hostname(),
    'host.arch': process.arch === 'x64' ? 'amd64' : process.arch,
    ...(hostId && { 'host.id': hostId }),
    'os.type': 'linux',
    'os.version': release(),
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.name': 'opentelemetry',
    'telemetry.sdk.version': SDK_INFO['telemetry.sdk.version'],
  };
}

function exportTo(collector: Collector, protocol: string): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? collector.grpcEndpoint : collector.httpEndpoint,
  };
}

for (const [protocol, compression] of [
  ['http/protobuf', 'none'],
  ['http/protobuf', 'gzip'],
  ['http/json', 'none'],
  ['grpc', 'none'],
  ['grpc', 'gzip'],
] as const) {
  test(`over ${protocol}, ${compression}: the collector has each real accept once, every field right`, async () => {
    await using stack = new AsyncDisposableStack();
    const collector = stack.use(await startCollector());
    const processes = await startAcceptors(stack);
    const tracer = stack.use(
      await TracerCommand.tracing(['-P', portsOf(processes), '--output', 'none'], {
        env: {
          ...exportTo(collector, protocol),
          OTEL_EXPORTER_OTLP_COMPRESSION: compression,
          OTEL_SERVICE_NAME: 'edge tier',
          OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test%2C%20really,service.name=not-this',
        },
      }),
    );
    const endpoint = protocol === 'grpc' ? collector.grpcEndpoint : `${collector.httpEndpoint}/v1/logs`;
    const { connected, accepted } = await makeConnections(processes);
    const { code, stdout, stderr } = await tracer.stop();
    assert.deepEqual([code, stdout], [0, '']);
    const count = accepted.size;
    const first = stderr.split('\n')[0]?.replace(/hook=(fexit|kretprobe|syscall)/, 'hook=any');
    assert.equal(first, `otel-tcpaccept: tracing hook=any export=${protocol} endpoint=${endpoint}`);
    assert.equal(stderr.split('\n').length, 3, stderr);
    assertLedger(stderr, { submitted: count, drained: count, delivered: count, unprinted: count });

    const records = await collector.accepts();
    assert.deepEqual(records.map(keyOfRecord).sort(), [...accepted.keys()].sort());
    assert.equal(new Set(records.map(({ attributes }) => attributes['log.record.uid'])).size, count);
    const resource = expectedResource();
    for (const record of records) {
      const { process, facts } = accepted.get(keyOfRecord(record)) ?? assert.fail();
      assertRecord(record, process, facts);
      assert.deepEqual(record.resource, resource);
      const client = connected.get(keyOfRecord(record)) ?? assert.fail();
      assertBetween(record.timeUnixNano, client.before, client.after);
      const sinceConnectSeconds = Number(record.timeUnixNano - BigInt(client.before)) / 1e9;
      const { 'tcpaccept.accept_queue.duration': queued, 'tcpaccept.tcp.rtt': rtt } = record.attributes;
      assert.ok(Number(queued) <= sinceConnectSeconds + 0.001 && Number(rtt) <= sinceConnectSeconds + 0.001);
      assert.ok(Number(queued) > 0 && Number(rtt) > 0);
    }
  });
}

test('headers reach the endpoint and are printed nowhere, not even when the SDK tells all', async () => {
  const secret = 'Bearer s3cr3t-token';
  await using server = await OtlpServer.start();
  await using acceptor = await Acceptor.start();
  await using tracer = await TracerCommand.tracing(['-P', acceptor.ports.join(',')], {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: server.endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=${encodeURIComponent(secret)},x-tenant=general`,
      OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'x-tenant=edge',
      OTEL_LOG_LEVEL: 'all',
    },
  });
  await connect(acceptor.targets(), 4, { awaits: true });
  const { code, stdout, stderr } = await tracer.stop();
  assert.equal(code, 0);
  assert.ok(server.requests.length >= 1);
  for (const { path, headers } of server.requests) {
    assert.deepEqual(
      [path, headers.authorization, headers['x-tenant'], headers['content-type']],
      ['/v1/logs', secret, 'edge', 'application/x-protobuf'],
    );
    assert.match(headers['user-agent'] ?? '', /^otel-tcpaccept\//);
  }
  assertLedger(stderr, { submitted: 4, drained: 4, delivered: 4, printed: 4 });
  assert.doesNotMatch(stdout + stderr, /s3cr3t/);
});
