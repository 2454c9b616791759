import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type MethodDefinition, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import { CriClient } from '../../../src/identity/runtime/cri-client.ts';
import { CRI_PROTOCOL } from '../../../src/identity/runtime/cri-protocol.ts';
import { DockerClient } from '../../../src/identity/runtime/docker-client.ts';
import type { RuntimeClient, RuntimeFailure } from '../../../src/identity/runtime/runtime-client.ts';

// Answers that no real runtime gives; real ones are in test/collector/container-runtime.test.ts.
const ID = 'ab'.repeat(32);
const NO_FACTS = {
  name: undefined,
  imageName: undefined,
  imageTags: undefined,
  imageId: undefined,
  podName: undefined,
  namespaceName: undefined,
  podContainerName: undefined,
};

function socketOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'otel-tcpaccept-hostile-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'api.sock');
}

async function dockerThat(t: TestContext, answer: (response: ServerResponse) => void): Promise<RuntimeClient> {
  const socketPath = socketOf(t);
  const server = createServer((_request, response) => answer(response)).listen(socketPath);
  await once(server, 'listening');
  const client = new DockerClient(socketPath);
  t.after(() => {
    client.close();
    server.closeAllConnections();
    server.close();
  });
  return client;
}

function failsWith(client: RuntimeClient, message: RegExp, isAway: boolean): Promise<void> {
  return assert.rejects(client.find(ID), (error: RuntimeFailure) => {
    assert.match(error.message, message);
    assert.equal(error.isAway, isAway);
    return true;
  });
}

const json = (value: unknown) => (response: ServerResponse) => void response.end(JSON.stringify(value));

const DOCKER: readonly [string, (response: ServerResponse) => void, RegExp, boolean][] = [
  ['never ends', (r) => void writeForEver(r), /more than 1048576 bytes/, false],
  ['is no JSON', (r) => void r.end('<html>'), /not JSON/, false],
  ['is an error', (r) => void r.writeHead(500).end('{"message":"broken"}'), /HTTP status 500/, false],
  ['never comes', () => {}, /no answer within 2 s/, true],
  ['stops in its middle', (r) => void r.write('{'), /no answer within 2 s|aborted/, true],
  ['breaks off', (r) => void r.socket?.destroy(), /socket hang up/, true],
];
for (const [what, answer, message, isAway] of DOCKER) {
  test(`Docker's answer ${what}`, async (t) => failsWith(await dockerThat(t, answer), message, isAway));
}

test('Docker’s answer has other types, other ids, texts too long or broken: such fields are left out', async (t) => {
  const find = async (value: unknown) => await (await dockerThat(t, json(value))).find(ID);
  for (const odd of [null, 7, 'text', [], {}, { Id: 'cd'.repeat(32), Name: '/web' }]) {
    assert.equal(await find(odd), undefined);
  }
  for (const value of [7, null, [], {}, '', 'x'.repeat(1025)]) {
    assert.deepEqual(await find({ Id: ID, Name: value, Config: { Image: value }, Image: value }), NO_FACTS);
  }
  assert.deepEqual(await find({ Id: ID, Name: '/w\ud800', Config: null }), { ...NO_FACTS, name: 'w\ufffd' });
  const labels = { 'io.kubernetes.pod.name': 'somebody-elses-0' };
  assert.deepEqual(await find({ Id: ID, Name: '/web', Config: { Labels: labels } }), { ...NO_FACTS, name: 'web' });
});

test('Docker’s list has odd members: they are left out, and of names with aliases the own one is taken', async (t) => {
  const list = [
    null,
    7,
    {},
    { Id: 7 },
    { Id: ID, Names: ['/other/alias', '/web'], Image: 'nginx', ImageID: 'sha256:1' },
  ];
  const known = await (await dockerThat(t, json(list))).list();
  const facts = { ...NO_FACTS, name: 'web', imageName: 'nginx', imageTags: ['latest'], imageId: 'sha256:1' };
  assert.deepEqual([...known], [[ID, facts]]);
  const none = await dockerThat(t, json({ message: 'no' }));
  await assert.rejects(none.list(), /sent no list/);
});

/** A CRI server whose ContainerStatus gives `answer`, or its error. */
async function criThat(t: TestContext, answer: object | { readonly code: status }): Promise<RuntimeClient> {
  const socketPath = socketOf(t);
  const protocol = CRI_PROTOCOL as unknown as Parameters<typeof fromJSON>[0];
  const service = fromJSON(protocol)['runtime.v1.RuntimeService'] as unknown as Record<
    string,
    MethodDefinition<object, object>
  >;
  const server = new Server({ 'grpc.max_send_message_length': -1 });
  server.addService(service, {
    ContainerStatus: (_call: unknown, done: (error: object | null, value?: object) => void) =>
      'code' in answer ? done(answer) : done(null, answer),
  });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix://${socketPath}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    );
  });
  const client = new CriClient(socketPath);
  t.after(() => {
    client.close();
    server.forceShutdown();
  });
  return client;
}

test('CRI’s answer is on another container, or on none: nothing is known', async (t) => {
  for (const answer of [{ status: { id: 'cd'.repeat(32) } }, {}, { code: status.NOT_FOUND, details: 'no' }]) {
    assert.equal(await (await criThat(t, answer)).find(ID), undefined);
  }
});

test('CRI’s answer lacks everything but the id', async (t) => {
  assert.deepEqual(await (await criThat(t, { status: { id: ID } })).find(ID), NO_FACTS);
});

test('CRI’s answer is too large, an error, or there is no such service', async (t) => {
  const large = { status: { id: ID, metadata: { name: 'x'.repeat(2 * 1024 ** 2) } } };
  await failsWith(await criThat(t, large), /larger than max/, false);
  await failsWith(await criThat(t, { code: status.INTERNAL, details: 'broken' }), /broken/, false);
  await failsWith(await criThat(t, { code: status.UNIMPLEMENTED, details: '' }), /does not offer runtime\.v1/, false);
});

test('what answers speaks neither HTTP nor gRPC, or nobody answers at all', async (t) => {
  const socketPath = socketOf(t);
  const server = createSocketServer((socket) => {
    socket.on('error', () => {}).end('220 mail ready\r\n', () => socket.destroy());
  }).listen(socketPath);
  await once(server, 'listening');
  const clients = [new DockerClient(socketPath), new CriClient(socketPath)] as const;
  t.after(() => clients.forEach((client) => void client.close()));
  await failsWith(clients[0], /Parse Error/, false);
  await failsWith(clients[1], /CRI at/, true);
  server.close();
  await failsWith(clients[0], /ENOENT|ECONNREFUSED/, true);
  await failsWith(clients[1], /CRI at/, true);
});

function writeForEver(response: ServerResponse): void {
  while (!response.destroyed && response.write('['.repeat(65_536)));
  response.once('drain', () => writeForEver(response));
}
