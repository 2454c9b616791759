import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Overload } from '../../src/cli/overload.ts';

/** A tracer and a lane that are as full as they are told to be. */
function make() {
  const state = { ring: 0, lane: 0, now: 0, aggregated: 0 };
  const switches: boolean[] = [];
  const said: string[] = [];
  const overload = new Overload({
    tracer: {
      ringFill: () => state.ring,
      setOverloaded: (overloaded) => switches.push(overloaded),
      counts: () => ({
        seen: 0,
        filtered: 0,
        self: 0,
        aggregated: state.aggregated,
        ring_full: 0,
        unreadable: 0,
        submitted: 0,
        missed: 0,
        unstamped: 0,
        in_ring: 0,
        in_summaries: 0,
        connections: 0,
        connections_forgotten: 0,
        connections_closed_early: 0,
        connections_open: 0,
        ends_ring_full: 0,
        ends_submitted: 0,
        ends_in_ring: 0,
      }),
    },
    lanePressure: () => state.lane,
    warn: (cause, text) => said.push(`${cause}: ${text}`),
    now: () => state.now,
  });
  const lookWith = (changes: Partial<typeof state>) => {
    Object.assign(state, changes);
    overload.look();
    return switches.at(-1) ?? false;
  };
  return { state, overload, switches, said, lookWith };
}

test('the ring or the queue at three quarters begins it, at a quarter and after 5 s it ends, and between nothing moves', () => {
  for (const which of ['ring', 'lane'] as const) {
    const { switches, lookWith } = make();
    assert.equal(lookWith({ [which]: 0.74 }), false);
    assert.equal(lookWith({ [which]: 0.75 }), true);
    assert.equal(lookWith({ [which]: 0.26, now: 60_000 }), true);
    assert.equal(lookWith({ [which]: 0.25 }), false);
    assert.equal(lookWith({ [which]: 0.74 }), false);
    assert.deepEqual(switches, [true, false]);
  }
});

test('it lasts 5 s at least, twice as long each time it comes back soon, a minute at most, and 5 s again after a rest', () => {
  const { lookWith } = make();
  let now = 0;
  const lasts = (pauseMillis: number) => {
    now += pauseMillis;
    const began = now;
    assert.equal(lookWith({ ring: 1, now }), true);
    while (lookWith({ ring: 0, now })) now += 1000;
    return now - began;
  };
  const soon = [0, 29_000, 29_000, 29_000, 29_000, 29_000].map(lasts);
  assert.deepEqual(soon, [5000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  assert.equal(lasts(30_000), 5000);
});

test('it says what was full, and how many accepts were counted meanwhile', () => {
  const { lookWith, said } = make();
  lookWith({ lane: 0.8, ring: 0.1, aggregated: 100 });
  lookWith({ lane: 0, aggregated: 1100, now: 7500 });
  lookWith({ ring: 0.99, now: 8000 });
  assert.equal(said.length, 3);
  assert.match(said[0] ?? '', /^overload-begin: overload: the export is 80% full; /);
  assert.match(said[1] ?? '', /^overload-end: overload over after 7.5 s: 1000 accepts were counted in summaries/);
  assert.match(said[2] ?? '', /^overload-begin: overload: the ring is 99% full; /);
});

test('summaries are taken until nine tenths of the room for records are', () => {
  const { overload, state } = make();
  assert.equal(overload.hasRoom(), true);
  state.ring = 1;
  assert.equal(overload.hasRoom(), true);
  state.lane = 0.89;
  assert.equal(overload.hasRoom(), true);
  state.lane = 0.9;
  assert.equal(overload.hasRoom(), false);
});
