import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { TracerSettings } from '../../src/kernel/open-session.ts';
import { connectTo, resetAll } from './client.ts';
import { type Listener, Server } from './server.ts';
import { Trace } from './trace.ts';

/** How this process reaches a listener; the last is an AF_INET6 socket that speaks IPv4. */
const REACHED = {
  inet: ['127.0.0.1', '::ffff:127.0.0.1'],
  inet6: ['127.0.0.1', '::1', '::ffff:127.0.0.1'],
} as const;

interface Scene {
  readonly server: Server;
  readonly other: Server;
  readonly inet: Listener;
  readonly inet6: Listener;
}

async function withScene(run: (scene: Scene) => Promise<void>): Promise<void> {
  await using server = await Server.start();
  await using other = await Server.start();
  const inet = await server.listen('inet', '127.0.0.1');
  const inet6 = await server.listen('inet6', '::');
  await run({ server, other, inet, inet6 });
}

/** Connections of this process, accepted by the server; their ports here. */
async function connectOwn({ server, ...listeners }: Scene, family: 'inet' | 'inet6'): Promise<number[]> {
  const clients = [];
  for (const host of REACHED[family]) clients.push(await connectTo(listeners[family].port, host));
  await server.accept(listeners[family], { count: clients.length });
  resetAll(clients);
  return clients.map(({ peerPort }) => peerPort);
}

/** One connection of another process to the same listener. */
async function connectOther({ server, other, ...listeners }: Scene, family: 'inet' | 'inet6'): Promise<number[]> {
  const ports = [listeners[family].port];
  const { made } = await other.run<{ made: [number, number][] }>('connect', {
    family: 'inet',
    address: '127.0.0.1',
    ports,
  });
  await server.accept(listeners[family]);
  return made.map(([port]) => port);
}

interface Expected {
  readonly own: 'self' | 'record';
}

async function check(
  scene: Scene,
  settings: Pick<TracerSettings, 'self' | 'selfPorts'>,
  expected: Readonly<Record<'inet' | 'inet6', Expected['own']>>,
): Promise<void> {
  await using trace = new Trace({ ...settings, ports: [scene.inet.port, scene.inet6.port] });
  const recorded: number[] = [];
  let self = 0;
  for (const family of ['inet', 'inet6'] as const) {
    recorded.push(...(await connectOther(scene, family)));
    const own = await connectOwn(scene, family);
    if (expected[family] === 'self') self += own.length;
    else recorded.push(...own);
    recorded.push(...(await connectOther(scene, family)));
  }
  const counts = await trace.stop();
  assert.deepEqual(
    trace.of(scene.server.pid).map(({ peerPort }) => peerPort),
    recorded,
  );
  assert.equal(counts.self, self);
  assert.equal(counts.seen, counts.filtered + counts.self + counts.submitted);
}

test('all: own connections are counted as self, those of others to the same listener are records', () =>
  withScene((scene) => check(scene, { self: 'all' }, { inet: 'self', inet6: 'self' })));

test('ports: own connections to these ports are counted as self, to others they are records', () =>
  withScene((scene) =>
    check(scene, { self: 'ports', selfPorts: [scene.inet6.port] }, { inet: 'record', inet6: 'self' }),
  ));

test('none: own connections are records', () =>
  withScene((scene) => check(scene, { self: 'none' }, { inet: 'record', inet6: 'record' })));

test('an own connection that was reset before it was accepted is still our own', () =>
  withScene(async ({ server, inet }) => {
    await using trace = new Trace({ self: 'all', ports: [inet.port] });
    resetAll([await connectTo(inet.port, '127.0.0.1')]);
    await server.accept(inet);
    assert.equal((await trace.stop()).self, 1);
    assert.deepEqual(trace.connections, []);
  }));

test('the ends of an own connection, used again by another process, are a record', () =>
  withScene(async ({ server, other, inet }) => {
    await using trace = new Trace({ self: 'all', ports: [inet.port] });
    const own = await connectTo(inet.port, '127.0.0.1');
    await server.accept(inet);
    const closed = once(own.socket, 'close');
    resetAll([own]);
    await closed;
    const again = { family: 'inet', address: '127.0.0.1', ports: [inet.port], source_port: own.peerPort };
    await other.run('connect', again);
    await server.accept(inet);
    assert.equal((await trace.stop()).self, 1);
    assert.deepEqual(
      trace.connections.map(({ peerPort }) => peerPort),
      [own.peerPort],
    );
  }));
