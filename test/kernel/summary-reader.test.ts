import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SUMMARY_BYTES, SUMMARY_OFFSET } from '../../src/kernel/summary-layout.ts';
import { SummaryReader } from '../../src/kernel/summary-reader.ts';

const LONG_MILLIS = 1e9;

/** Two sets of counts as the kernel has them: rows of one accept each. */
function make(intervalMillis: number) {
  const state = { current: 0, ended: 0, isBusy: false, hasRoom: true, turns: 0, bootNs: 100n };
  const told: { readonly accepts: number; readonly intervalNs: bigint; readonly endedUnixNs: bigint }[] = [];
  const session = {
    turnSummaries: () => {
      if (state.ended > 0 || state.isBusy) return false;
      state.turns++;
      state.ended = state.current;
      state.current = 0;
      return true;
    },
    drainSummaries: (into: Uint8Array) => {
      if (state.isBusy) return 0;
      const rows = Math.min(state.ended, into.length / SUMMARY_BYTES);
      const view = new DataView(into.buffer);
      for (let i = 0; i < rows; i++) view.setBigUint64(i * SUMMARY_BYTES + SUMMARY_OFFSET.accepts, 1n, true);
      state.ended -= rows;
      return rows;
    },
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
  });
  return { state, told, reader };
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
  state.current = 600;
  assert.equal(reader.look(), false);
  assert.deepEqual([reader.look(), told.length], [true, 256]);
  assert.deepEqual([reader.look(), told.length], [true, 512]);
  assert.deepEqual([reader.look(), told.length], [false, 600]);
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
