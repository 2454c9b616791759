import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryDelay } from '../../../src/export/transport/retry-policy.ts';

const middle = retryDelay(() => 0.5);
const least = retryDelay(() => 0);
const most = retryDelay(() => 1);

test('delays grow by half from 1 s to 30 s, and stay there', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 9, 10, 1000, 5000].map((failures) => Math.round(middle(failures, undefined))),
    [1000, 1500, 2250, 3375, 25_629, 30_000, 30_000, 30_000],
  );
});

test('jitter is a fifth, both ways', () => {
  assert.deepEqual([least(1, undefined), most(1, undefined)], [800, 1200]);
  assert.deepEqual([least(99, undefined), most(99, undefined)], [24_000, 36_000]);
});

test('what the server asks for is never cut short, and is bounded', () => {
  assert.deepEqual([least(1, 7000), most(1, 7000)], [7000, 8400]);
  assert.equal(least(9, 2000), 2000);
  assert.equal(least(1, 1e15), 600_000);
  assert.equal(least(1, Number.POSITIVE_INFINITY), 600_000);
});

test('"at once" is after 1 s, so that nobody can make us spin', () => {
  assert.equal(least(1, 0), 1000);
});
