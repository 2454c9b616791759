import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { HOOKS } from '../../src/kernel/binding.ts';
import { buildWorkload } from '../workload/workload.ts';
import { bootGuest } from './guest.ts';
import { fetchKernel } from './kernel.ts';
import type { GuestTest } from './kernel-tests-in-guest.ts';

const PROGRAM = fileURLToPath(new URL('kernel-tests-in-guest.ts', import.meta.url));

/** A file that could not be loaded would count as one. */
const LEAST_TESTS = 10;

async function runInGuest(line: string): Promise<GuestTest[]> {
  const folder = await mkdtemp(join(tmpdir(), 'otel-tcpaccept-kernel-tests-'));
  try {
    const script = join(folder, 'script.sh');
    await writeFile(script, '#!/bin/bash\nexec "$NODE" "$PROGRAM" /results/results.json\n', { mode: 0o755 });
    const guest = await bootGuest({
      kernel: await fetchKernel(line),
      script,
      results: folder,
      env: { NODE: process.execPath, PROGRAM },
      timeoutMillis: 600_000,
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
    let results: GuestTest[] = [];
    before(async () => {
      results = await runInGuest(line);
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
