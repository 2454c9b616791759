import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { HOOKS, type Hook } from '../../src/kernel/binding.ts';
import { saveColumn, worseCells } from '../workload/matrix.ts';
import { assertOutcome, cellOf } from '../workload/outcome.ts';
import { CASES_HERE, type CaseResult } from '../workload/trace-cases.ts';
import { buildWorkload } from '../workload/workload.ts';
import { IN_KERNEL_BACKLOG, IN_KERNEL_CONNECTIONS, IN_KERNEL_MODULE } from './in-kernel-acceptor.ts';
import type { GuestMatrix } from './matrix-in-guest.ts';
import { runInGuest } from './run-in-guest.ts';

before(buildWorkload);

for (const line of ['6.1', '6.12']) {
  suite(line, () => {
    let matrix: GuestMatrix = {};
    before(async () => {
      matrix = await runInGuest({
        line,
        program: 'matrix-in-guest.ts',
        modules: [IN_KERNEL_MODULE],
        timeoutMillis: 420_000,
      });
    });

    const resultOf = (hook: Hook, title: string): CaseResult => {
      const result = matrix[hook]?.cases.find((one) => one.title === title);
      assert.ok(result);
      return result;
    };

    for (const hook of HOOKS) {
      for (const one of CASES_HERE) {
        test(`${hook}, ${one.title}: ${one.limits[hook] ?? 'all'}`, () =>
          assertOutcome(one, hook, resultOf(hook, one.title)));
      }

      test(`${hook}, accepted inside the kernel: ${hook === 'syscall' ? 'nothing' : 'all'}`, () => {
        const { clientPorts, records, seen, unreadable } = matrix[hook]?.inKernel ?? assert.fail('not run');
        assert.equal(clientPorts.length, IN_KERNEL_CONNECTIONS);
        const record = { method: 'kernel', socketFamily: 'inet6' };
        const listener = { queueLength: 0, queueLimit: IN_KERNEL_BACKLOG };
        const expected = clientPorts.map((peerPort) => ({
          peerPort,
          ...record,
          ...(hook === 'fexit' ? listener : {}),
        }));
        const wanted = hook === 'syscall' ? [] : expected;
        assert.deepEqual({ records, seen, unreadable }, { records: wanted, seen: wanted.length, unreadable: 0 });
      });

      test(`${hook}: no case is reported worse than the committed matrix says`, () => {
        const column = `${line} ${hook}`;
        const cells = Object.fromEntries(
          CASES_HERE.map((one) => [one.title, cellOf(one, hook, resultOf(hook, one.title))]),
        );
        saveColumn(column, cells);
        assert.deepEqual(worseCells(column, cells), []);
      });
    }
  });
}
