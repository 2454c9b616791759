import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { TcpAcceptError } from '../../src/errors.ts';
import { AcceptTracer } from '../../src/kernel/accept-tracer.ts';
import { END_BYTES, MOST_OPEN_CONNECTIONS } from '../../src/kernel/end-layout.ts';
import { ownDescriptors } from './bpf-objects.ts';
import { ConnectionScene } from './connection-scene.ts';
import { HOOK } from './hook.ts';
import { Server } from './server.ts';
import { Trace } from './trace.ts';

const KEY_BYTES = 8;
/** Its phase, and the record of the accept. */
const VALUE_BYTES = 192;
const RING_BYTES = 1 << 21;
const RING_HEADER_BYTES = 8;
const FILL_MAP = new URL('fill_map.py', import.meta.url).pathname;

/** The map of open connections that this process holds. */
function mapOfOpenConnections(): string {
  const infos = ownDescriptors().map(({ number }) => readFileSync(`/proc/self/fdinfo/${number}`, 'utf8'));
  const info = infos.find((text) =>
    [`key_size:\t${KEY_BYTES}`, `value_size:\t${VALUE_BYTES}`, `max_entries:\t${MOST_OPEN_CONNECTIONS}`].every((line) =>
      text.split('\n').includes(line),
    ),
  );
  return /^map_id:\s+(\d+)$/m.exec(info ?? '')?.[1] ?? assert.fail(infos.join('\n\n'));
}

async function acceptMany(server: Server, client: Server, count: number): Promise<void> {
  const listener = await server.listen('inet', '127.0.0.1');
  const serving = server.begin('serve', { listener: listener.listener, count, thread: 'serving' });
  await client.run('connect', { family: 'inet', address: '127.0.0.1', ports: [listener.port], count, awaits: true });
  await serving.done;
}

test('no room to remember: the record is there, the end is not, and both are counted', async () => {
  await using scene = await ConnectionScene.open();
  const first = await scene.connect();
  const sizes = [KEY_BYTES, VALUE_BYTES, MOST_OPEN_CONNECTIONS - 1].map(String);
  execFileSync('python3', [FILL_MAP, mapOfOpenConnections(), ...sizes]);
  const second = await scene.connect();
  await scene.to('abort', second.accepted);
  await scene.to('abort', first.accepted);
  await scene.trace.untilEnd(first.peerPort);
  const third = await scene.connect();
  await scene.to('abort', third.accepted);
  await scene.trace.untilEnd(third.peerPort);
  const counts = await scene.trace.stop();
  assert.deepEqual(
    [
      counts.submitted,
      counts.connections,
      counts.connections_forgotten,
      counts.connections_open,
      counts.ends_submitted,
    ],
    [3, 3, 1, 0, 2],
  );
});

test('a full ring of ends: what is lost is counted, and the accepts are there', async () => {
  const fits = Math.floor(RING_BYTES / (END_BYTES + RING_HEADER_BYTES));
  const count = fits + 100;
  await using server = await Server.start();
  await using client = await Server.start();
  const settings = { hook: HOOK, ringBytes: 1 << 23, pid: server.pid, connections: true, self: 'none' } as const;
  await using tracer = new AcceptTracer(settings);
  await acceptMany(server, client, count);
  const accepts: number[] = [];
  const ends: unknown[] = [];
  tracer.run((batch) => accepts.push(batch.count), { onEnds: (batch) => ends.push(...batch.ends) });
  await tracer.stop();
  const counts = tracer.counts();
  assert.deepEqual([accepts.reduce((sum, some) => sum + some, 0), counts.connections], [count, count]);
  const { connections_closed_early, connections_open, ends_ring_full, ends_submitted } = counts;
  assert.deepEqual([connections_closed_early, connections_open, ends_ring_full, ends_submitted], [0, 0, 100, fits]);
  assert.deepEqual([ends.length, counts.ends_in_ring], [fits, 0]);
});

test('many short connections: each end comes once, after its accept', async () => {
  const count = 3000;
  await using server = await Server.start();
  await using client = await Server.start();
  await using trace = new Trace({ pid: server.pid, connections: true });
  await acceptMany(server, client, count);
  const { connections_closed_early, connections_open } = await trace.stop();
  assert.deepEqual([connections_closed_early, connections_open], [0, 0]);
  assert.deepEqual([trace.of(server.pid).length, trace.ended.length], [count, count]);
  const places = trace.ended.map(({ place }) => place);
  assert.ok(!places.includes(-1), 'no end before its accept');
  assert.equal(new Set(places).size, places.length, 'none twice');
});

test('without the setting nothing is loaded for it, and nobody’s end is told', async () => {
  await using server = await Server.start();
  const listener = await server.listen('inet', '127.0.0.1');
  await using trace = new Trace({ pid: server.pid });
  assert.ok(!Object.hasOwn(trace.tracer.verifiedInstructions(), 'connection_ended'));
  assert.throws(mapOfOpenConnections);
  await server.run('connect', { family: 'inet', address: '127.0.0.1', ports: [listener.port] });
  await server.accept(listener);
  await trace.until(server.pid, 1);
  const { connections, connections_open, ends_submitted } = await trace.stop();
  assert.deepEqual([connections, connections_open, ends_submitted], [0, 0, 0]);
});

test('a session that is pinned follows no connections', () => {
  const settings = { hook: HOOK, ringBytes: 4096, self: 'none', connections: true } as const;
  assert.throws(
    () => new AcceptTracer({ ...settings, pinDirectory: '/sys/fs/bpf/never-made' }),
    (error) => error instanceof TcpAcceptError && error.code === 'ERR_USAGE',
  );
});
