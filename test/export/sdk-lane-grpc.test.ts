import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePorts } from '../collector/free-ports.ts';
import { type GrpcAnswer, GrpcServer } from './grpc-server.ts';
import { records, TestLane } from './lane.ts';
import { setEnvironment } from './set-environment.ts';

const CLOSE_MILLIS = 10_000;
const TAKEN = Buffer.alloc(0);

async function send(count: number, endpoint: string, more: NodeJS.ProcessEnv = {}): Promise<TestLane> {
  const lane = await TestLane.open({
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    ...more,
  });
  lane.accept(records(count));
  await lane.lane.close(CLOSE_MILLIS);
  return lane;
}

test('a burst of 20,000 records in one turn is delivered whole over grpc with gzip', async () => {
  await using server = await GrpcServer.start(() => TAKEN);
  const lane = await send(20_000, `http://${server.authority}`, { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' });
  lane.assertFates({ delivered: 20_000 });
  assert.deepEqual(lane.warnings, []);
  assert.equal(server.requests.length, Math.ceil(20_000 / 512));
});

test('an endpoint of host and port is taken, without TLS where that is said', async () => {
  await using server = await GrpcServer.start(() => TAKEN);
  const lane = await send(3, server.authority, { OTEL_EXPORTER_OTLP_INSECURE: 'true' });
  lane.assertFates({ delivered: 3 });
});

test('an endpoint that is a UNIX socket is taken', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'otel-tcpaccept-grpc-'));
  t.after(() => rmSync(folder, { recursive: true }));
  setEnvironment(t, { OTEL_EXPORTER_OTLP_INSECURE: 'true' });
  const address = `unix://${folder}/collector.sock`;
  await using _ = await GrpcServer.start(() => TAKEN, address);
  const lane = await send(3, address);
  lane.assertFates({ delivered: 3 });
});

test('a partial success is counted for its batch', async () => {
  const partial = Buffer.from([0x0a, 11, 0x08, 3, 0x12, 7, ...Buffer.from('too old')]);
  await using server = await GrpcServer.start((number) => (number === 1 ? partial : TAKEN));
  const lane = await send(20, `http://${server.authority}`, { OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '5' });
  lane.assertFates({ delivered: 17, rejected: 3 });
  assert.match(lane.warnings[0]?.text ?? '', /rejected 3 records and says: too old$/);
});

const REFUSALS: readonly (readonly [string, GrpcAnswer, 'rejected' | 'dropped', RegExp])[] = [
  ['INVALID_ARGUMENT', { code: 3, details: 'bad record' }, 'rejected', /bad record.*3 records rejected$/],
  ['UNIMPLEMENTED', { code: 12, details: 'no such service' }, 'rejected', /does not take logs.*Jaeger/],
  ['UNAUTHENTICATED', { code: 16, details: 'who?' }, 'rejected', /OTEL_EXPORTER_OTLP_HEADERS/],
  ['RESOURCE_EXHAUSTED', { code: 8, details: 'too large' }, 'rejected', /too large.*OTEL_BLRP_MAX_EXPORT_BATCH_SIZE/],
  ['UNAVAILABLE', { code: 14, details: 'memory is short' }, 'dropped', /memory is short.*3 records dropped$/],
];
for (const [name, answer, fate, says] of REFUSALS) {
  test(`records answered with ${name} are ${fate}`, async () => {
    await using server = await GrpcServer.start(() => answer);
    const lane = await send(3, `http://${server.authority}`);
    lane.assertFates({ [fate]: 3 });
    assert.equal(lane.warnings.length, 1);
    assert.match(lane.warnings[0]?.text ?? '', says);
  });
}

test('an endpoint that never answers: dropped after the timeout, and said', async () => {
  await using server = await GrpcServer.start(() => undefined);
  const lane = await send(3, `http://${server.authority}`, { OTEL_EXPORTER_OTLP_TIMEOUT: '300' });
  lane.assertFates({ dropped: 3 });
  assert.match(lane.warnings[0]?.text ?? '', /did not answer within 300 ms/);
});

test('with nothing at the endpoint it is said which endpoint that is and what to set', async () => {
  const [port] = await freePorts(1);
  const lane = await send(3, `http://127.0.0.1:${port}`);
  lane.assertFates({ dropped: 3 });
  assert.equal(
    lane.warnings[0]?.text,
    `nothing listens at http://127.0.0.1:${port} (ECONNREFUSED): start a collector there or set OTEL_EXPORTER_OTLP_ENDPOINT; 3 records dropped`,
  );
});

test('a server without TLS, asked for it: what to set', async () => {
  await using server = await GrpcServer.start(() => TAKEN);
  const lane = await send(3, server.authority, { OTEL_EXPORTER_OTLP_TIMEOUT: '2000' });
  lane.assertFates({ dropped: 3 });
  assert.match(lane.warnings[0]?.text ?? '', /does not speak TLS as we do: use http:\/\//);
});
