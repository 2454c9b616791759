import assert from 'node:assert/strict';
import { test } from 'node:test';
import { growth } from '../../bench/growth.ts';

/** 50,000 peers and 500 processes. */
const FRACTION = 1 / 20;
/** Some 100 in either mode; 240 where what is read is kept too long, with more peers than here. */
const MOST_MIB = 120;

test('growth: whatever there is to tell apart, the endpoint is told of every accept, and memory is bounded', async (t) => {
  const results = await growth({ fraction: FRACTION, rounds: 1 });
  t.diagnostic(JSON.stringify(results));
  assert.deepEqual(
    results.map(({ of, mode }) => `${mode}, ${of}`),
    ['1 listener, process and peer', '10 listeners', '1,000 listeners', '10,000 processes', '1,000,000 peers'].flatMap(
      (of) => [`events, ${of}`, `summary, ${of}`],
    ),
  );
  for (const { of, mode, missing, firstMib, lastMib, peakMib, addedNs } of results) {
    const what = `${mode}, ${of}`;
    assert.equal(missing, 0, what);
    assert.ok(lastMib.max < MOST_MIB, `${what}: ${firstMib.min} to ${lastMib.max} MiB`);
    assert.ok(peakMib.max >= lastMib.max && Number.isFinite(addedNs.median), what);
  }
});
