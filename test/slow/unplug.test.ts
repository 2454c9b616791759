import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { HOOKS, type Hook } from '../../src/kernel/binding.ts';
import { resultFromGuest } from '../vm/result-from-guest.ts';
import type { Unplugged } from './unplug-in-guest.ts';

const PROGRAM = fileURLToPath(new URL('unplug-in-guest.ts', import.meta.url));

for (const line of ['6.1', '6.12']) {
  suite(line, () => {
    let results: Readonly<Record<Hook, Unplugged>>;
    before(async () => {
      results = await resultFromGuest({ line, program: PROGRAM });
    });

    for (const hook of HOOKS) {
      test(`${hook}: a processor that goes away and comes back takes no accept along`, (t) => {
        const { made, reported, counts, cpus, unplugs, unstamped } = results[hook];
        t.diagnostic(`${made.length} connections, ${unplugs} unplugs, ${counts.unstamped} changes of state skipped`);
        assert.ok(unplugs >= 2, `${unplugs} unplugs while connections were made`);
        assert.deepEqual(cpus, [0, 1]);
        assert.deepEqual(reported, made);
        const { seen, filtered, submitted, ...others } = counts;
        assert.deepEqual([submitted, seen], [made.length, filtered + submitted]);
        const { self, aggregated, ring_full, unreadable, missed, in_ring } = others;
        assert.deepEqual([self, aggregated, ring_full, unreadable, missed, in_ring], [0, 0, 0, 0, 0, 0]);
        assert.ok(
          unstamped <= counts.unstamped,
          `${unstamped} records without a time, ${counts.unstamped} changes skipped`,
        );
      });
    }
  });
}
