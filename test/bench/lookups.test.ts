import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allocatedBytes } from '../../bench/lookups/allocated-bytes.ts';
import { cgroupLookup, processLookup } from '../../bench/lookups.ts';

test('a look at a process or a cgroup that is known takes less than a byte of the heap', () => {
  for (const lookup of [processLookup(), cgroupLookup()]) {
    const { median } = allocatedBytes(lookup);
    assert.ok(median < 1, `${median} B`);
  }
});

test('what does allocate is seen', () => {
  let kept: unknown;
  const { least } = allocatedBytes((calls) => {
    for (let call = 0; call < calls; call++) kept = { call, kept: undefined };
  });
  assert.ok(least >= 16 && kept !== undefined, `${least} B`);
});
