import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Mode } from '../../src/kernel/summary-layout.ts';
import { unpin } from '../../src/kernel/unpin.ts';
import { randomFrom } from '../random.ts';
import { buildFlood, Flood } from './flood.ts';
import { PinScene } from './pin-scene.ts';
import { Reader } from './reader.ts';

const READER = new URL('pinned-summary-reader.ts', import.meta.url).pathname;
const KILLS = 12;
const LONGEST_LIFE_MILLIS = 250;
const LONGEST_DEATH_MILLIS = 80;
const CHUNK = 400;
const SOURCES = 40;
const LEAST_CONNECTIONS = 2000;
const MOST_CONNECTIONS = 100_000;

const { program, remove } = buildFlood();
after(remove);

/** Connections until `isOver`; how many. */
async function floodUntil(flood: Flood, isOver: () => boolean): Promise<number> {
  let made = 0;
  for (; made < (isOver() ? LEAST_CONNECTIONS : MOST_CONNECTIONS); made += CHUNK) {
    await flood.run({ connections: CHUNK, sources: SOURCES });
    await pause(5);
  }
  return made;
}

/** By uid, what was told of; fails where the same uid is of two different things. */
function toldOf(file: string): { readonly byUid: Map<string, string>; readonly lines: number } {
  const byUid = new Map<string, string>();
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  for (const line of lines) {
    const [uid = '', ...what] = line.split(' ');
    const before = byUid.get(uid);
    if (before !== undefined) assert.equal(what.join(' '), before, uid);
    byUid.set(uid, what.join(' '));
  }
  return { byUid, lines: lines.length };
}

function tally(entries: Iterable<readonly [string, number]>): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [key, count] of entries) sums.set(key, (sums.get(key) ?? 0) + count);
  return sums;
}

for (const mode of ['summary', 'auto'] as const satisfies readonly Mode[]) {
  test(`mode ${mode}, a reader killed ${KILLS} times before it has delivered what it read: each accept is told of, twice only with the same uid`, async (t) => {
    const seed = Number(process.env['SEED'] ?? 1 + (Date.now() % 2 ** 31));
    t.diagnostic(`SEED=${seed}`);
    const random = randomFrom(seed);
    using scene = new PinScene();
    await using flood = await Flood.start(program);
    const settings = { mode, ringBytes: 4096, ports: flood.ports, pinDirectory: scene.directory };
    let isOver = false;

    await using first = new Reader(settings, scene.file, READER);
    await first.ready();
    const flooding = floodUntil(flood, () => isOver);
    await pause(random() * LONGEST_LIFE_MILLIS);
    await first.kill();
    for (let i = 1; i < KILLS; i++) {
      await pause(random() * LONGEST_DEATH_MILLIS);
      await using reader = new Reader(settings, scene.file, READER);
      // Some are killed before they read anything.
      if (random() < 0.8) await reader.ready();
      await pause(random() * LONGEST_LIFE_MILLIS);
      await reader.kill();
    }
    isOver = true;
    const made = await flooding;
    await using last = new Reader(settings, scene.file, READER);
    await last.ready();
    // The first to leave in order may leave what it could not deliver within its time to the next.
    await last.stop();
    await using end = new Reader(settings, scene.file, READER);
    await end.ready();
    const { seen, filtered, unreadable, submitted, aggregated, in_ring, in_summaries, ring_full } = await end.stop();

    const { byUid, lines } = toldOf(scene.file);
    t.diagnostic(`${made} connections in ${byUid.size} records and summaries, ${lines - byUid.size} told of twice`);
    const told = [...byUid.values()].map((what) => what.split(' '));
    assert.deepEqual(
      tally(told.map(([accepts, peer]) => [peer ?? '', Number(accepts)])),
      tally((await flood.end()).map(({ source }) => [source, 1])),
    );
    // Others may accept on this host meanwhile, also what cannot be read.
    assert.equal(seen, filtered + unreadable + submitted + aggregated);
    assert.deepEqual([in_ring, in_summaries, ring_full], [0, 0, 0]);
    unpin(scene.directory);
  });
}
