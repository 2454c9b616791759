import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareLanes } from '../../bench/user-space.ts';

/** Some 20, on a busy host as well. */
const LEAST_RATIO = 8;

test('a record costs the direct lane a small part of what it costs the SDK', async (t) => {
  const { ratio } = await compareLanes('none', 'none', { rounds: 5, warmups: 2, records: 16 * 1024 });
  t.diagnostic(JSON.stringify(ratio));
  assert.ok(ratio.median >= LEAST_RATIO, JSON.stringify(ratio));
});
