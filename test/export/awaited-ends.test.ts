import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AwaitedEnds } from '../../src/export/awaited-ends.ts';

test('an end is awaited once, and above the bound the oldest no more', () => {
  const awaited = new AwaitedEnds(2);
  for (const uid of ['a', 'b', 'c']) awaited.add(uid);
  assert.deepEqual(
    ['a', 'b', 'b', 'c', 'd'].map((uid) => awaited.take(uid)),
    [false, true, false, true, false],
  );
});
