import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { HOOKS, type Hook } from '../../src/kernel/binding.ts';
import { saveColumn, worseCells } from '../workload/matrix.ts';
import { assertOutcome, cellOf } from '../workload/outcome.ts';
import { CASES_HERE, type CaseResult } from '../workload/trace-cases.ts';
import { buildWorkload } from '../workload/workload.ts';
import { bootGuest } from './guest.ts';
import { fetchKernel } from './kernel.ts';
import type { GuestMatrix } from './matrix-in-guest.ts';

const PROGRAM = fileURLToPath(new URL('matrix-in-guest.ts', import.meta.url));

async function runInGuest(line: string): Promise<GuestMatrix> {
  const folder = await mkdtemp(join(tmpdir(), 'otel-tcpaccept-matrix-'));
  try {
    const script = join(folder, 'script.sh');
    await writeFile(script, '#!/bin/bash\nexec "$NODE" "$PROGRAM" /results/results.json\n', { mode: 0o755 });
    const guest = await bootGuest({
      kernel: await fetchKernel(line),
      script,
      results: folder,
      env: { NODE: process.execPath, PROGRAM },
      timeoutMillis: 300_000,
    });
    assert.equal(guest.exitCode, 0, guest.output);
    return JSON.parse(await readFile(join(folder, 'results.json'), 'utf8'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

before(buildWorkload);

for (const line of ['6.1', '6.12']) {
  suite(line, () => {
    let matrix: GuestMatrix = {};
    before(async () => {
      matrix = await runInGuest(line);
    });

    const resultOf = (hook: Hook, title: string): CaseResult => {
      const result = matrix[hook]?.find((one) => one.title === title);
      assert.ok(result);
      return result;
    };

    for (const hook of HOOKS) {
      for (const one of CASES_HERE) {
        test(`${hook}, ${one.title}: ${one.limits[hook] ?? 'all'}`, () =>
          assertOutcome(one, hook, resultOf(hook, one.title)));
      }

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
