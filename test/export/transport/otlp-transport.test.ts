import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { readOtlpEnvironment } from '../../../src/export/otlp-environment.ts';
import { OtlpTransport } from '../../../src/export/transport/otlp-transport.ts';
import type { SendOutcome } from '../../../src/export/transport/send-outcome.ts';
import { PACKAGE_VERSION } from '../../../src/version.ts';
import { freePorts } from '../../collector/free-ports.ts';
import { setEnvironment } from '../set-environment.ts';
import * as behaviours from './behaviours.ts';
import { encode, numberedRecords } from './encode-records.ts';
import { type Behaviour, HostileServer } from './hostile-server.ts';
import { until } from './until.ts';

const BODY = encode(numberedRecords(0, 3));

/** A transport to the endpoint, as the environment says, that is closed with the test. */
async function open(t: TestContext, endpoint: string, more: NodeJS.ProcessEnv = {}): Promise<OtlpTransport> {
  const { settings } = readOtlpEnvironment({ ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...more });
  const transport = await OtlpTransport.open(settings);
  t.after(() => transport.close());
  return transport;
}

/** Everything an outcome says, in one text. */
function textOf(outcome: SendOutcome): string {
  if ('note' in outcome) return `rejected=${outcome.note.rejected} ${outcome.note.message}`;
  const { message, code, data }: { message: string; code?: unknown; data?: unknown } = outcome.error;
  return `${code ?? ''} ${message} ${data ?? ''}`;
}

const TIMEOUT_MILLIS = 300;

/** What each behaviour means; late is what the timeout decides. */
const OUTCOMES: readonly {
  readonly name: string;
  readonly behaviour: Behaviour;
  readonly kind: SendOutcome['kind'];
  readonly says?: RegExp;
  readonly unreadable?: boolean;
  readonly retryAfterMillis?: number;
  readonly isLate?: boolean;
}[] = [
  { name: '200 without a body', behaviour: behaviours.taken, kind: 'delivered' },
  { name: '204, as Loki answers', behaviour: behaviours.answer(204), kind: 'delivered' },
  {
    name: 'a partial success',
    behaviour: behaviours.partialSuccess(2, 'too old'),
    kind: 'partial',
    says: /=2 too old$/,
  },
  { name: 'a note', behaviour: behaviours.partialSuccess(0, 'slow down'), kind: 'delivered', says: /=0 slow down$/ },
  { name: '200 with HTML', behaviour: behaviours.answer(200, '<html>'), kind: 'delivered', unreadable: true },
  { name: '200 and a reset', behaviour: behaviours.resetInBody(200), kind: 'delivered', unreadable: true },
  { name: '200 and no end', behaviour: behaviours.endlessBody(200, 16_384), kind: 'delivered', unreadable: true },
  {
    name: '200 and no end, byte by byte',
    behaviour: behaviours.endlessBody(200, 1),
    kind: 'delivered',
    unreadable: true,
  },
  { name: '200, slowly', behaviour: behaviours.slowBody(200), kind: 'delivered', unreadable: true, isLate: true },
  {
    name: '400 as a collector',
    behaviour: behaviours.refusal(400, 'too far behind'),
    kind: 'rejected',
    says: /^400 .* too far behind$/,
  },
  { name: '400 with text', behaviour: behaviours.answer(400, 'no'), kind: 'rejected', says: /no$/ },
  { name: '401', behaviour: behaviours.answer(401), kind: 'rejected', says: /^401/ },
  { name: '404', behaviour: behaviours.answer(404), kind: 'rejected', says: /^404/ },
  { name: '408', behaviour: behaviours.answer(408), kind: 'rejected', says: /^408/ },
  { name: '500', behaviour: behaviours.answer(500), kind: 'rejected', says: /^500/ },
  { name: '500 and no end', behaviour: behaviours.endlessBody(500, 16_384), kind: 'rejected', says: /^500/ },
  { name: '307', behaviour: behaviours.redirect, kind: 'rejected', says: /^307/ },
  { name: '413', behaviour: behaviours.answer(413), kind: 'too-large', says: /^413/ },
  {
    name: '400 from a collector with a limit',
    behaviour: behaviours.refusal(400, 'http: request body too large'),
    kind: 'too-large',
  },
  { name: '429', behaviour: behaviours.answer(429), kind: 'retry', says: /^429/ },
  {
    name: '429 with seconds',
    behaviour: behaviours.answer(429, '', { 'retry-after': '7' }),
    kind: 'retry',
    retryAfterMillis: 7000,
  },
  { name: '502', behaviour: behaviours.answer(502), kind: 'retry', says: /^502/ },
  {
    name: '503',
    behaviour: behaviours.refusal(503, 'memory is short'),
    kind: 'retry',
    says: /^503 .* memory is short$/,
  },
  { name: '503 and no end', behaviour: behaviours.endlessBody(503, 16_384), kind: 'retry', says: /^503/ },
  { name: '504', behaviour: behaviours.answer(504), kind: 'retry', says: /^504/ },
  { name: 'a reset', behaviour: behaviours.reset, kind: 'retry', says: /^ECONNRESET/ },
  { name: 'a close', behaviour: behaviours.closed, kind: 'retry', says: /hang up/ },
  { name: 'what is no HTTP', behaviour: behaviours.noHttp, kind: 'retry', says: /^HPE_/ },
  { name: 'a header without end', behaviour: behaviours.hugeHeader, kind: 'retry', says: /^HPE_HEADER_OVERFLOW/ },
  { name: 'another protocol', behaviour: behaviours.switchesProtocols, kind: 'retry' },
  { name: 'no answer', behaviour: behaviours.silent, kind: 'retry', says: /timed out/, isLate: true },
  { name: '102 without end', behaviour: behaviours.processing, kind: 'retry', says: /timed out/, isLate: true },
];

for (const { name, behaviour, kind, says, unreadable = false, retryAfterMillis, isLate = false } of OUTCOMES) {
  test(`${name} is ${kind}${isLate ? ', after the timeout' : ''}`, async (t) => {
    await using server = await HostileServer.start(() => behaviour);
    const timeoutMillis = isLate ? TIMEOUT_MILLIS : 60_000;
    const transport = await open(t, server.endpoint, { OTEL_EXPORTER_OTLP_TIMEOUT: `${timeoutMillis}` });
    const start = performance.now();
    const outcome = await transport.send(BODY);
    const millis = performance.now() - start;
    assert.equal(outcome.kind, kind, textOf(outcome));
    if (says) assert.match(textOf(outcome), says);
    if ('note' in outcome) assert.equal(outcome.note.unreadable, unreadable);
    if (outcome.kind === 'retry') assert.equal(outcome.retryAfterMillis, retryAfterMillis);
    assert.ok(millis < 20_000 && millis >= (isLate ? TIMEOUT_MILLIS - 2 : 0), `it took ${millis} ms`);
    assert.equal(server.requests.length, 1);
    assert.deepEqual(server.requests[0]?.body, Buffer.from(BODY));
  });
}

test('a Retry-After date is how long from now', async (t) => {
  const date = new Date(Date.now() + 90_000).toUTCString();
  await using server = await HostileServer.start(() => behaviours.answer(503, '', { 'retry-after': date }));
  const outcome = await (await open(t, server.endpoint)).send(BODY);
  assert.equal(outcome.kind, 'retry');
  const { retryAfterMillis = 0 } = outcome as { retryAfterMillis?: number };
  assert.ok(retryAfterMillis > 30_000 && retryAfterMillis <= 90_000, `${retryAfterMillis}`);
});

test('nobody at the endpoint is a retry, and says so', async (t) => {
  const [port] = await freePorts(1);
  const outcome = await (await open(t, `http://127.0.0.1:${port}`)).send(BODY);
  assert.equal(outcome.kind, 'retry');
  assert.match(textOf(outcome), /^ECONNREFUSED/);
});

test('an endpoint that reads nothing is a retry after the timeout', async (t) => {
  const server = createServer((socket) => socket.pause().on('error', () => {}));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const transport = await open(t, `http://127.0.0.1:${port}`, { OTEL_EXPORTER_OTLP_TIMEOUT: '300' });
  const outcome = await transport.send(new Uint8Array(16 * 1024 * 1024));
  assert.equal(outcome.kind, 'retry');
  assert.match(textOf(outcome), /timed out/);
});

test('an answer before the request was read counts, and leaves no connection behind', async (t) => {
  const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
  const server = createServer((socket) => {
    socket.on('error', () => {}).once('data', () => socket.pause().write(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const transport = await open(t, `http://127.0.0.1:${port}`);
  for (let number = 0; number < 3; number++) {
    assert.equal((await transport.send(new Uint8Array(16 * 1024 * 1024))).kind, 'delivered');
  }
  // Reading again is how the server learns that the other side is gone.
  for (const socket of sockets) socket.resume();
  await until(() => [...sockets].every((socket) => socket.closed), 'every connection is closed');
});

test('an endless answer is cut: what the server could send is bounded', async (t) => {
  let sent = 0;
  const closed = Promise.withResolvers<void>();
  await using server = await HostileServer.start(() => (response, request) => {
    behaviours.endlessBody(200, 16_384)(response, request);
    response.once('close', () => {
      sent = response.socket?.bytesWritten ?? sent;
      closed.resolve();
    });
  });
  await (await open(t, server.endpoint)).send(BODY);
  await closed.promise;
  // Ours are 64 KiB; the rest is what two sockets of the loopback hold.
  assert.ok(sent < 16 * 1024 * 1024, `${sent} bytes`);
});

test('gzip is what was offered, zipped', async (t) => {
  await using server = await HostileServer.start(() => behaviours.taken);
  const transport = await open(t, server.endpoint, { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' });
  const body = encode(numberedRecords(0, 500));
  assert.equal((await transport.send(body)).kind, 'delivered');
  const [request] = server.requests;
  assert.equal(request?.headers['content-encoding'], 'gzip');
  assert.ok(request.bytes.length < body.length / 4);
  assert.deepEqual(request.body, Buffer.from(body));
});

test('path, headers and credentials are those of the settings and the environment', async (t) => {
  setEnvironment(t, {
    OTEL_EXPORTER_OTLP_HEADERS: 'x-scope=all%20of%20it,x-tenant=general',
    OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'x-tenant=logs',
  });
  await using server = await HostileServer.start(() => behaviours.taken);
  const endpoint = server.endpoint.replace('//', '//user:pass%20word@');
  await (await open(t, `${endpoint}/base?key=value`)).send(BODY);
  const [request] = server.requests;
  assert.equal(request?.path, '/base/v1/logs?key=value');
  const { 'user-agent': agent, 'content-type': type, 'content-encoding': encoding } = request.headers;
  assert.deepEqual([agent, type, encoding], [`otel-tcpaccept/${PACKAGE_VERSION}`, 'application/x-protobuf', undefined]);
  assert.equal(request.headers['x-scope'], 'all of it');
  assert.equal(request.headers['x-tenant'], 'logs');
  assert.equal(request.headers.authorization, `Basic ${Buffer.from('user:pass word').toString('base64')}`);
  assert.equal(request.headers['content-length'], `${BODY.length}`);
});

test('no secret is in an outcome, though the server says it back', async (t) => {
  setEnvironment(t, { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20s3cr3t-t0ken,x-api-key=k3y-of-mine' });
  const said = (request: { headers: NodeJS.Dict<string | string[]>; path: string }) =>
    `${request.headers['authorization']} ${request.headers['x-api-key']} ${request.path} of us3r with p4ssword`;
  await using server = await HostileServer.start((number) => (response, request) => {
    const text = said(request);
    if (number === 0) behaviours.refusal(400, text)(response, request);
    else if (number === 1) behaviours.partialSuccess(1, text)(response, request);
    else behaviours.answer(503, text)(response, request);
  });
  const endpoint = server.endpoint.replace('//', '//us3r:p4ssword@');
  const transport = await open(t, `${endpoint}/?q=h1dden`);
  for (const kind of ['rejected', 'partial', 'retry']) {
    const outcome = await transport.send(BODY);
    assert.equal(outcome.kind, kind);
    const text = textOf(outcome);
    assert.match(text, /\*\*\*/);
    assert.doesNotMatch(text, /s3cr3t|k3y-of|h1dden|us3r|p4ssword/);
  }
});

test('requests one after the other share a connection, and four at once have four', async (t) => {
  await using server = await HostileServer.start(() => behaviours.taken);
  const transport = await open(t, server.endpoint);
  for (let number = 0; number < 20; number++) await transport.send(BODY);
  assert.equal(server.connections, 1);
  for (let round = 0; round < 5; round++) await Promise.all([1, 2, 3, 4].map(() => transport.send(BODY)));
  assert.equal(server.connections, 4);
});

test('a kept connection that the server closed in the meantime is no failure', async (t) => {
  // The second request of a connection finds it reset.
  await using server = await HostileServer.start((number) => (number % 2 === 1 ? behaviours.reset : behaviours.taken));
  const transport = await open(t, server.endpoint);
  const first = await transport.send(BODY);
  const second = await transport.send(BODY);
  assert.deepEqual([first.kind, second.kind], ['delivered', 'delivered']);
  assert.equal(server.requests.length, 3);
});

test('a redirect is not followed', async (t) => {
  await using server = await HostileServer.start(() => behaviours.redirect);
  await (await open(t, server.endpoint)).send(BODY);
  assert.deepEqual(
    server.requests.map(({ path }) => path),
    ['/v1/logs'],
  );
});

test('closing ends what is under way and every connection', async (t) => {
  await using server = await HostileServer.start(() => behaviours.silent);
  const transport = await open(t, server.endpoint, { OTEL_EXPORTER_OTLP_TIMEOUT: '60000' });
  const sending = transport.send(BODY);
  await until(() => server.requests.length === 1, 'the request arrives');
  transport.close();
  assert.equal((await sending).kind, 'retry');
  assert.equal((await transport.send(BODY)).kind, 'retry');
  assert.equal(server.requests.length, 1);
});
