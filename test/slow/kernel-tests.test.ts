import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { HOOKS } from '../../src/kernel/binding.ts';
import type { GuestTest } from '../vm/kernel-tests-in-guest.ts';
import { runInGuest } from '../vm/run-in-guest.ts';
import { buildWorkload } from '../workload/workload.ts';

/** What ss --kill asks for. */
const MODULES = ['inet_diag', 'tcp_diag'];
/** A file that could not be loaded would count as one. */
const LEAST_TESTS = 18;

before(buildWorkload);

for (const line of ['6.1', '6.12']) {
  suite(line, () => {
    let results: GuestTest[] = [];
    before(async () => {
      results = await runInGuest({
        line,
        program: '../vm/kernel-tests-in-guest.ts',
        args: ['own-connections,connections,summaries-pinned', 'pinned-maps'],
        modules: MODULES,
        timeoutMillis: 600_000,
      });
    });

    for (const hook of HOOKS) {
      test(`own connections, ends of connections and pinned summaries are told with ${hook}`, async (t) => {
        const ran = results.filter((result) => result.hook === hook);
        assert.ok(ran.length >= LEAST_TESTS, `${ran.length} tests`);
        for (const { name, error } of ran) await t.test(name, () => assert.equal(error, ''));
      });
    }
  });
}
