import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AcceptSummary } from '../../src/kernel/accept-summary.ts';
import { SUMMARY_BYTES, SUMMARY_OFFSET } from '../../src/kernel/summary-layout.ts';
import { SummaryReader } from '../../src/kernel/summary-reader.ts';

const LONG_MILLIS = 1e9;

/** Two sets of counts as the kernel has them: rows of one accept each. */
function make(intervalMillis: number, { keeps = false, holds = false } = {}) {
  const state = {
    bucketRows: 1,
    current: 0,
    ended: 0,
    kept: 0,
    isBusy: false,
    hasRoom: true,
    turns: 0,
    bootNs: 100n,
    hurried: 0,
  };
  const told: AcceptSummary[] = [];
  const began = [100n, 100n];
  const session = {
    turnSummaries: () => {
      if (state.ended + state.kept > 0 || state.isBusy) return false;
      state.turns++;
      began.push(state.bootNs);
      state.ended = state.current;
      state.current = 0;
      return true;
    },
    drainSummaries: (into: Uint8Array) => {
      if (state.isBusy) return 0;
      const room = into.length / SUMMARY_BYTES;
      const rows = Math.min(state.ended, room - (room % state.bucketRows));
      const view = new DataView(into.buffer);
      for (let i = 0; i < rows; i++) view.setBigUint64(i * SUMMARY_BYTES + SUMMARY_OFFSET.accepts, 1n, true);
      state.ended -= rows;
      if (keeps) state.kept += rows;
      return rows;
    },
    settleSummaries: () => {
      if (state.ended === 0) state.kept = 0;
    },
    endedSummaries: (into: BigUint64Array) => into.set([BigInt(state.turns), ...began.slice(-2)]),
  };
  const native = {
    readClock: (into: BigInt64Array) => {
      into[0] = 1000n;
      into[1] = 1000n + state.bootNs;
    },
  };
  const reader = new SummaryReader(native, session, {
    intervalMillis,
    onSummaries: (summaries) => told.push(...summaries),
    hasRoom: () => state.hasRoom,
    holds,
    hurryRelease: () => {
      state.hurried++;
      if (state.hurried === 2) reader.release(told.length - released);
    },
  });
  let released = 0;
  const release = (summaries: number) => {
    released += summaries;
    reader.release(summaries);
  };
  return { state, told, reader, release };
}

test('an interval ends when it is over or hurried, and is told of with its length in the looks that follow', () => {
  const { state, told, reader } = make(LONG_MILLIS);
  state.current = 3;
  assert.equal(reader.look(), false);
  assert.equal(state.turns, 0);
  reader.hurry();
  state.bootNs = 350n;
  reader.look();
  assert.equal(state.turns, 1);
  assert.deepEqual(told, []);
  state.bootNs = 400n;
  reader.look();
  assert.equal(state.turns, 1, 'a hurry is one turn');
  assert.deepEqual(
    told.map(({ intervalNs, endedUnixNs }) => [intervalNs, endedUnixNs]),
    [0, 1, 2].map(() => [250n, 1350n]),
  );
  assert.equal(reader.accepts, 3);
});

test('many rows are taken in pieces, one a look, which says that there is more', () => {
  const { state, told, reader } = make(0);
  state.current = 150;
  assert.equal(reader.look(), false);
  assert.deepEqual([reader.look(), told.length], [true, 64]);
  assert.deepEqual([reader.look(), told.length], [true, 128]);
  assert.deepEqual([reader.look(), told.length], [true, 150]);
  assert.deepEqual([reader.look(), told.length], [false, 150]);
});

test('a look that came back with less than it could take, for the next rows did not fit, says that there is more', () => {
  const { state, told, reader } = make(0);
  Object.assign(state, { bucketRows: 3, current: 100 });
  assert.equal(reader.look(), false);
  assert.deepEqual([reader.look(), told.length], [true, 63]);
});

test('while there is no room nothing is taken and no interval ends', () => {
  const { state, told, reader } = make(0);
  state.current = 5;
  state.hasRoom = false;
  reader.look();
  assert.equal(state.turns, 0);
  state.hasRoom = true;
  reader.look();
  state.hasRoom = false;
  reader.look();
  assert.deepEqual([state.turns, told.length], [1, 0]);
});

test('a set that is kept is left once all of it was handed over, or released where it is held', () => {
  const { state, told, reader } = make(0, { keeps: true });
  state.current = 80;
  for (let look = 0; look < 4; look++) reader.look();
  assert.deepEqual([told.length, state.kept], [80, 0]);
  const held = make(0, { keeps: true, holds: true });
  held.state.current = 80;
  for (let look = 0; look < 4; look++) held.reader.look();
  held.release(79);
  held.reader.look();
  assert.deepEqual([held.told.length, held.state.kept, held.state.turns], [80, 80, 1]);
  held.release(1);
  assert.equal(held.state.kept, 0);
  held.reader.look();
  assert.equal(held.state.turns, 2);
});

test('summaries are told apart by their set and their place in it', () => {
  const { state, told, reader } = make(0);
  for (const rows of [80, 0, 2]) {
    state.current = rows;
    for (let look = 0; look < 3; look++) reader.look();
  }
  assert.equal(new Set(told.map(({ turn, row }) => `${turn} ${row}`)).size, 82);
  assert.deepEqual(
    told.slice(0, 80).map(({ row }) => row),
    [...Array(80).keys()],
  );
});

test('the end of what is held asks for its release', async () => {
  const { state, told, reader } = make(LONG_MILLIS, { keeps: true, holds: true });
  state.current = 5;
  assert.equal(await reader.finish(performance.now() + LONG_MILLIS), true);
  assert.deepEqual([told.length, state.hurried, state.kept], [5, 2, 0]);
  const never = make(LONG_MILLIS, { keeps: true, holds: true });
  never.state.current = 5;
  never.state.hurried = 2;
  assert.equal(await never.reader.finish(performance.now()), false);
  assert.deepEqual([never.told.length, never.state.kept], [5, 5]);
});

test('the end reads both sets, room or not, and gives up at its deadline when a program is still adding', async () => {
  const { state, told, reader } = make(LONG_MILLIS);
  state.ended = 300;
  state.current = 400;
  state.hasRoom = false;
  assert.equal(await reader.finish(performance.now() + LONG_MILLIS), true);
  assert.equal(told.length, 700);
  const busy = make(LONG_MILLIS);
  busy.state.current = 1;
  busy.state.isBusy = true;
  assert.equal(await busy.reader.finish(performance.now()), false);
});
