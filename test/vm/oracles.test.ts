import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Case } from '../workload/cases.ts';
import { saveColumn } from '../workload/matrix.ts';
import { CASES_HERE } from '../workload/trace-cases.ts';
import { buildWorkload } from '../workload/workload.ts';
import { bootGuest } from './guest.ts';
import { fetchKernel } from './kernel.ts';
import type { ToolName } from './oracle.ts';
import type { WatchedCase } from './oracles-in-guest.ts';

const PROGRAM = fileURLToPath(new URL('oracles-in-guest.ts', import.meta.url));
const FETCH_HEADERS = fileURLToPath(new URL('fetch-headers.sh', import.meta.url));

/** Debian 12's bcc does not compile its program for 6.12. */
const TOOLS_BY_LINE: Readonly<Record<string, readonly ToolName[]>> = {
  '6.1': ['bcc', 'bpftrace'],
  '6.12': ['bpftrace'],
};

/** bcc looks for headers where their packages put them. */
const SCRIPT = `#!/bin/bash
set -e
if [ -n "$HEADERS" ]; then
  ln -s "$HEADERS"/usr/src/* /usr/src/
  ln -s "$HEADERS"/usr/lib/linux-kbuild-* /usr/lib/
  mkdir -p "/lib/modules/$(uname -r)"
  ln -s "$HEADERS/lib/modules/$(uname -r)"/* "/lib/modules/$(uname -r)/"
fi
exec "$NODE" "$PROGRAM" /results/results.json $TOOLS
`;

async function watchInGuest(line: string, tools: readonly ToolName[]): Promise<WatchedCase[]> {
  const folder = await mkdtemp(join(tmpdir(), 'otel-tcpaccept-oracles-'));
  try {
    const kernel = await fetchKernel(line);
    const script = join(folder, 'script.sh');
    await writeFile(script, SCRIPT, { mode: 0o755 });
    const [release = ''] = await readdir(join(kernel, 'lib/modules'));
    const headers = tools.includes('bcc') ? execFileSync(FETCH_HEADERS, [release], { encoding: 'utf8' }).trim() : '';
    const guest = await bootGuest({
      kernel,
      script,
      results: folder,
      env: { NODE: process.execPath, PROGRAM, HEADERS: headers, TOOLS: tools.join(' ') },
      timeoutMillis: 600_000,
    });
    assert.equal(guest.exitCode, 0, guest.output);
    return JSON.parse(await readFile(join(folder, 'results.json'), 'utf8'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What the original does with a case; it is not reported fully when threads sleep in accept or a reset took its port. */
function claimOf({ name, asleep }: Case): 'the same rows' | 'fewer rows' | 'no local port' {
  if (name === 'reset_before_accept') return 'no local port';
  if (name === 'sleepers' || (asleep && !name.startsWith('io_uring'))) return 'fewer rows';
  return 'the same rows';
}

before(buildWorkload);

for (const [line, tools] of Object.entries(TOOLS_BY_LINE)) {
  suite(line, () => {
    let cases: WatchedCase[] = [];
    before(async () => {
      cases = await watchInGuest(line, tools);
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
