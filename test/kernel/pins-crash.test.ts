import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { unpin } from '../../src/kernel/unpin.ts';
import { randomFrom } from '../random.ts';
import { assertFreed } from './bpf-objects.ts';
import { PinScene } from './pin-scene.ts';
import { Reader, type ReadRecord, recordsRead } from './reader.ts';
import { type Listener, Server } from './server.ts';

const KILLS = 10;
const LONGEST_LIFE_MILLIS = 300;
const LONGEST_DEATH_MILLIS = 150;
/** More than all lives bring together. */
const RING_BYTES = 1 << 24;
const CHUNK = 50;
const SMALLEST_RUN = 2000;
/** Between two kills, however slow the machine is. */
const MOST_A_LIFE = 4000;

/** Connections until `isOver`, as their client knows them. */
async function connectUntil(
  isOver: () => boolean,
  most: () => number,
  server: Server,
  client: Server,
  { listener, port }: Listener,
) {
  const ports: number[] = [];
  while (!isOver() || ports.length < SMALLEST_RUN) {
    if (ports.length >= most()) {
      await pause(5);
      continue;
    }
    const serving = server.begin('serve', { listener, count: CHUNK, thread: 'serves' });
    const { made } = await client.run<{ made: [number, number][] }>('connect', {
      family: 'inet',
      address: '127.0.0.1',
      ports: [port],
      count: CHUNK,
    });
    await serving.done;
    ports.push(...made.map(([own]) => own));
  }
  return ports;
}

/** Each uid once; fails where the same uid is of two different records. */
function deduplicated(records: readonly ReadRecord[]): ReadRecord[] {
  const byUid = new Map<string, ReadRecord>();
  for (const record of records) {
    const before = byUid.get(record.uid);
    if (before) assert.deepEqual(record, before);
    byUid.set(record.uid, record);
  }
  return [...byUid.values()];
}

function assertNoGap(records: readonly ReadRecord[]): void {
  for (const [cpu, ofCpu] of Map.groupBy(records, (record) => record.cpu)) {
    const sequences = ofCpu.map(({ sequence }) => sequence).sort((a, b) => a - b);
    const gap = sequences.find((sequence, i) => sequence !== i);
    assert.equal(gap, undefined, `CPU ${cpu}`);
  }
}

test(`a reader killed ${KILLS} times: every connection of the client is read, twice only with the same uid`, async (t) => {
  const seed = Number(process.env['SEED'] ?? 1 + (Date.now() % 2 ** 31));
  t.diagnostic(`SEED=${seed}`);
  const random = randomFrom(seed);
  using scene = new PinScene();
  await using server = await Server.start();
  await using client = await Server.start();
  const listener = await server.listen('inet', '127.0.0.1', { backlog: 4096 });
  const settings = { ringBytes: RING_BYTES, ports: [listener.port], pinDirectory: scene.directory };
  let isOver = false;
  let lives = 1;

  // The first start begins the recording: before it nothing is owed.
  await using first = new Reader(settings, scene.file);
  const objects = await first.ready();
  const connecting = connectUntil(
    () => isOver,
    () => lives * MOST_A_LIFE,
    server,
    client,
    listener,
  );
  await pause(random() * LONGEST_LIFE_MILLIS);
  await first.kill();
  for (let i = 1; i < KILLS; i++) {
    await pause(random() * LONGEST_DEATH_MILLIS);
    await using reader = new Reader(settings, scene.file);
    lives++;
    // Some are killed before they read anything.
    if (random() < 0.8) await reader.ready();
    await pause(random() * LONGEST_LIFE_MILLIS);
    await reader.kill();
  }
  isOver = true;
  const made = await connecting;
  await using last = new Reader(settings, scene.file);
  await last.ready();
  const counts = await last.stop();

  const all = recordsRead(scene.file);
  const records = deduplicated(all);
  t.diagnostic(`${made.length} connections, ${all.length - records.length} read twice`);
  assert.deepEqual(records.map(({ peerPort }) => peerPort).sort(), made.sort());
  assertNoGap(records);
  assert.equal(counts.ring_full, 0);
  assert.equal(counts.in_ring, 0);
  assert.deepEqual(unpin(scene.directory), { hook: 'syscall', links: objects.links.length, unreadRecords: 0 });
  assert.deepEqual(scene.pins(), []);
  await assertFreed(objects);
});
