import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metadata } from '@grpc/grpc-js';
import { readOtlpEnvironment } from '../../../src/export/otlp-environment.ts';
import { GrpcTransport } from '../../../src/export/transport/grpc-transport.ts';
import { freePorts } from '../../collector/free-ports.ts';
import { type GrpcAnswer, GrpcServer } from '../grpc-server.ts';
import { setEnvironment } from '../set-environment.ts';
import { encode, numberedRecords } from './encode-records.ts';
import { until } from './until.ts';

const BODY = encode(numberedRecords(0, 3));

function open(endpoint: string, environment: NodeJS.ProcessEnv = {}): GrpcTransport & Disposable {
  const { settings } = readOtlpEnvironment({
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    ...environment,
  });
  const transport = GrpcTransport.open(settings);
  return Object.assign(transport, { [Symbol.dispose]: () => transport.close() });
}

/** google.rpc.Status { details: Any { type_url, value: RetryInfo { retry_delay: { seconds: 3, nanos: 500000000 } } } } */
function retryInfo(): Metadata {
  const field = (number: number, bytes: readonly number[]) => [number * 8 + 2, bytes.length, ...bytes];
  const delay = field(1, [0x08, 3, 0x10, 0x80, 0xca, 0xb5, 0xee, 0x01]);
  const any = [...field(1, [...Buffer.from('type.googleapis.com/google.rpc.RetryInfo')]), ...field(2, delay)];
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(field(3, any)));
  return metadata;
}

for (const compression of ['none', 'gzip']) {
  test(`the bytes arrive as they are, over one connection (compression: ${compression})`, async () => {
    await using server = await GrpcServer.start(() => Buffer.alloc(0));
    using transport = open(`http://${server.authority}`, { OTEL_EXPORTER_OTLP_COMPRESSION: compression });
    const outcomes = await Promise.all([transport.send(BODY), transport.send(BODY)]);
    for (const { kind } of outcomes) assert.equal(kind, 'delivered');
    assert.deepEqual(server.requests, [Buffer.from(BODY), Buffer.from(BODY)]);
  });
}

test('a partial success is told, with its count and its words, without what is secret', async (t) => {
  setEnvironment(t, { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20hunter2hunter2' });
  const words = 'bad hunter2hunter2';
  const partial = Buffer.from([0x0a, 4 + words.length, 0x08, 2, 0x12, words.length, ...Buffer.from(words)]);
  await using server = await GrpcServer.start(() => partial);
  using transport = open(`http://${server.authority}`);
  assert.deepEqual(await transport.send(BODY), {
    kind: 'partial',
    note: { rejected: 2, message: 'bad ***', unreadable: false },
  });
});

/** Every code of gRPC, with what OTLP has a client make of it. */
const RETRIED = [1, 4, 10, 11, 14, 15];
for (const code of Array.from({ length: 16 }, (_, index) => index + 1)) {
  const kind = RETRIED.includes(code) ? 'retry' : 'rejected';
  test(`gRPC status ${code} is ${kind}`, async () => {
    await using server = await GrpcServer.start(() => ({ code, details: 'no' }));
    using transport = open(`http://${server.authority}`);
    const outcome = await transport.send(BODY);
    assert.equal(outcome.kind, kind);
    assert.ok('error' in outcome && 'code' in outcome.error && outcome.error.code === code);
  });
}

const EXHAUSTED: readonly (readonly [string, GrpcAnswer, object])[] = [
  [
    'with a time to wait',
    { code: 8, details: 'quota', metadata: retryInfo() },
    { kind: 'retry', retryAfterMillis: 3500 },
  ],
  [
    'by the message’s size',
    { code: 8, details: 'grpc: received message larger than max (9 vs. 4)' },
    { kind: 'too-large' },
  ],
  [
    'UNAVAILABLE with a time to wait',
    { code: 14, details: 'soon', metadata: retryInfo() },
    { kind: 'retry', retryAfterMillis: 3500 },
  ],
];
for (const [name, answer, expected] of EXHAUSTED) {
  test(`exhausted ${name}`, async () => {
    await using server = await GrpcServer.start(() => answer);
    using transport = open(`http://${server.authority}`);
    assert.partialDeepStrictEqual(await transport.send(BODY), expected);
  });
}

test('nobody there, and one that never answers, within the timeout', async () => {
  const [port] = await freePorts(1);
  using nobody = open(`http://127.0.0.1:${port}`, { OTEL_EXPORTER_OTLP_TIMEOUT: '5000' });
  const refused = await nobody.send(BODY);
  assert.equal(refused.kind, 'retry');
  assert.match('error' in refused ? refused.error.message : '', /ECONNREFUSED/);
  await using server = await GrpcServer.start(() => undefined);
  using silent = open(`http://${server.authority}`, { OTEL_EXPORTER_OTLP_TIMEOUT: '200' });
  const late = await silent.send(BODY);
  assert.ok(late.kind === 'retry' && 'code' in late.error && late.error.code === 4);
});

test('closing ends what is under way', async () => {
  await using server = await GrpcServer.start(() => undefined);
  const transport = open(`http://${server.authority}`);
  const outcome = transport.send(BODY);
  await until(() => server.requests.length > 0, 'a request arrives');
  transport.close();
  assert.equal((await outcome).kind, 'retry');
});
