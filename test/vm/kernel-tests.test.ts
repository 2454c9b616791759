import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { HOOKS } from '../../src/kernel/binding.ts';
import { buildWorkload } from '../workload/workload.ts';
import type { GuestTest } from './kernel-tests-in-guest.ts';
import { runInGuest } from './run-in-guest.ts';

/** What may differ between hooks: the listener's truth, what wakes the reader, losses, a full ring. */
const WITH_EACH_HOOK = ['accept-queue', 'doorbell', 'losses', 'ring-full'];
/** What may differ between kernels only. Pinned maps and connections, our own and their ends, are in test:slow. */
const ONCE = ['listeners'];
/** A file that could not be loaded would count as one. */
const LEAST_TESTS = 8;

before(buildWorkload);

for (const line of ['6.1', '6.12']) {
  suite(line, () => {
    let results: GuestTest[] = [];
    before(async () => {
      results = await runInGuest({
        line,
        program: 'kernel-tests-in-guest.ts',
        args: [WITH_EACH_HOOK.join(','), ONCE.join(',')],
        timeoutMillis: 500_000,
      });
    });

    for (const hook of HOOKS) {
      test(`the kernel tier's tests that may differ pass with ${hook}`, async (t) => {
        const ran = results.filter((result) => result.hook === hook);
        assert.ok(ran.length >= LEAST_TESTS, `${ran.length} tests`);
        for (const { name, error } of ran) await t.test(name, () => assert.equal(error, ''));
      });
    }
  });
}
