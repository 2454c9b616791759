import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { HOOKS } from '../../src/kernel/binding.ts';
import { assertDropped, assertOutcome, titleOf } from '../privileges/check-outcome.ts';
import { privilegeCases } from '../privileges/privilege-cases.ts';
import { bootGuest, NODE_OF_GUEST } from './guest.ts';
import { fetchKernel } from './kernel.ts';
import type { GuestPrivileges } from './privileges-in-guest.ts';

const PROGRAM = fileURLToPath(new URL('privileges-in-guest.ts', import.meta.url));

async function runInGuest(line: string): Promise<GuestPrivileges> {
  const folder = await mkdtemp(join(tmpdir(), 'otel-tcpaccept-privileges-'));
  try {
    const script = join(folder, 'script.sh');
    await writeFile(script, '#!/bin/bash\nexec "$NODE" "$PROGRAM" /results/results.json\n', { mode: 0o755 });
    const guest = await bootGuest({
      kernel: await fetchKernel(line),
      script,
      results: folder,
      env: { ...NODE_OF_GUEST, PROGRAM },
      timeoutMillis: 400_000,
    });
    assert.equal(guest.exitCode, 0, guest.output);
    return JSON.parse(await readFile(join(folder, 'results.json'), 'utf8'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Every case of the least capabilities on one kernel, in one boot. */
export function privilegesOn(line: string): void {
  suite(line, () => {
    let results: GuestPrivileges | undefined;
    before(async () => {
      results = await runInGuest(line);
    });

    for (const hook of HOOKS) {
      const cases = [...privilegeCases(hook, true), ...privilegeCases(hook, false)];
      for (const [index, one] of cases.entries()) {
        test(titleOf(one), () => assertOutcome(one, results?.[hook].cases[index] ?? assert.fail('it did not run')));
      }
      test(`${hook}, --user nobody: no thread keeps a right, and everything goes on`, () =>
        assertDropped(hook, results?.[hook].withUser ?? assert.fail('it did not run')));
    }
  });
}
