import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Look, LookingPace } from '../../src/kernel/looking-pace.ts';

const NOTHING: Look = { records: 0, fill: 0, mustLook: false, nextCheckAt: Number.POSITIVE_INFINITY };

/** A pace on a clock of its own, in milliseconds; each look is followed by its pause. */
function pacing(t: TestContext) {
  let now = 1000;
  t.mock.method(performance, 'now', () => now);
  const pace = new LookingPace();
  pace.found();
  return {
    now: () => now,
    found: () => pace.found(),
    after(look: Partial<Look> = {}) {
      const next = pace.after({ ...NOTHING, ...look });
      now += next.pauseMillis;
      return next;
    },
  };
}

test('sleep begins with a short look, for what was submitted in the very moment, and is long then', (t) => {
  const pace = pacing(t);
  const looks = Array.from({ length: 5 }, () => pace.after());
  assert.deepEqual(looks, [
    { pauseMillis: 20, sleeps: false },
    { pauseMillis: 20, sleeps: false },
    { pauseMillis: 20, sleeps: true },
    { pauseMillis: 1000, sleeps: true },
    { pauseMillis: 1000, sleeps: true },
  ]);
});

test('what is found or rings ends the sleep, and the next one begins with a short look again', (t) => {
  const pace = pacing(t);
  while (pace.after().pauseMillis < 1000);
  pace.found();
  const looks = Array.from({ length: 4 }, () => pace.after());
  assert.deepEqual(
    looks.map(({ pauseMillis }) => pauseMillis),
    [20, 20, 20, 1000],
  );
});

test('nobody sleeps while something is in the ring', (t) => {
  const pace = pacing(t);
  while (pace.after().pauseMillis < 1000);
  assert.deepEqual(pace.after({ mustLook: true }), { pauseMillis: 20, sleeps: false });
  assert.deepEqual(pace.after(), { pauseMillis: 20, sleeps: true });
});

test('sleep ends in time for what else is to be seen to', (t) => {
  const pace = pacing(t);
  while (pace.after().pauseMillis < 1000);
  assert.deepEqual(pace.after({ nextCheckAt: pace.now() + 300 }), { pauseMillis: 300, sleeps: true });
  const turns = { last: 0, next: pace.now() + 200 };
  assert.deepEqual(pace.after({ nextCheckAt: pace.now() + 300, turns }), { pauseMillis: 200, sleeps: true });
  assert.deepEqual(pace.after({ nextCheckAt: pace.now() - 1 }), { pauseMillis: 20, sleeps: true });
});

test('after the end of an interval of summaries nobody sleeps until it was read', (t) => {
  const pace = pacing(t);
  while (pace.after().pauseMillis < 1000);
  const turns = { last: pace.now(), next: pace.now() + 1000 };
  assert.equal(pace.after({ turns }).sleeps, false);
});
