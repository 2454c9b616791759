import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import type { Case } from '../workload/cases.ts';
import { saveColumn } from '../workload/matrix.ts';
import { CASES_HERE } from '../workload/trace-cases.ts';
import { buildWorkload } from '../workload/workload.ts';
import type { ToolName } from './oracle.ts';
import type { WatchedCase } from './oracles-in-guest.ts';
import { runInGuest } from './run-in-guest.ts';

/** Debian 12's bcc does not compile its program for 6.12. */
const TOOLS_BY_LINE: Readonly<Record<string, readonly ToolName[]>> = {
  '6.1': ['bcc', 'bpftrace'],
  '6.12': ['bpftrace'],
};

/** What the original does with a case; it is not reported fully when threads sleep in accept or a reset took its port. */
function claimOf({ name, asleep }: Case): 'the same rows' | 'fewer rows' | 'no local port' {
  if (name === 'reset_before_accept') return 'no local port';
  if (name === 'sleepers' || (asleep && !/^io_uring|^queued/.test(name))) return 'fewer rows';
  return 'the same rows';
}

before(buildWorkload);

for (const [line, tools] of Object.entries(TOOLS_BY_LINE)) {
  suite(line, () => {
    let cases: WatchedCase[] = [];
    before(async () => {
      cases = await runInGuest({
        line,
        program: 'oracles-in-guest.ts',
        args: tools,
        headers: tools.includes('bcc'),
        timeoutMillis: 300_000,
      });
    });

    for (const tool of tools) {
      for (const one of CASES_HERE) {
        const claim = claimOf(one);
        test(`${tool}, ${one.title}: ${claim}`, () => {
          const watched = cases.find(({ title }) => title === one.title);
          assert.ok(watched);
          const { made, ours } = watched;
          const theirs = watched.theirs[tool] ?? [];
          assert.equal(ours.length, made - (one.asleep ? (one.limits.fexit === 'all but one' ? 1 : 0) : 0));
          if (claim === 'fewer rows') {
            assert.ok(theirs.length < made, `${tool} shows all ${made}`);
            assert.deepEqual(
              theirs.filter((row) => !ours.includes(row)),
              [],
            );
          } else {
            const withoutPort = (row: string) => row.replace(/\d+$/, '0');
            assert.deepEqual(theirs, claim === 'no local port' ? ours.map(withoutPort).sort() : ours);
          }
        });
      }

      test(`${tool}: its column of the matrix`, () => {
        saveColumn(
          `${line} ${tool}`,
          Object.fromEntries(
            cases.map(({ title, made, theirs }) => [title, `${made} / ${(theirs[tool] ?? []).length}`]),
          ),
        );
      });
    }
  });
}
