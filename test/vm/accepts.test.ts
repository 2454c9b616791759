import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { HOOKS } from '../../src/kernel/binding.ts';
import type { HookResult } from './accepts-in-guest.ts';
import { bootGuest } from './guest.ts';
import { fetchKernel } from './kernel.ts';

const PROGRAM = fileURLToPath(new URL('accepts-in-guest.ts', import.meta.url));

for (const line of ['6.1', '6.12']) {
  test(`on ${line} every hook sees every accept once, those asleep at the start included`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'otel-tcpaccept-accepts-'));
    t.after(() => rm(folder, { recursive: true }));
    const script = join(folder, 'script.sh');
    await writeFile(script, '#!/bin/bash\nexec "$NODE" "$PROGRAM" /results/results.json\n', { mode: 0o755 });

    const guest = await bootGuest({
      kernel: await fetchKernel(line),
      script,
      results: folder,
      env: { NODE: process.execPath, PROGRAM },
      timeoutMillis: 180_000,
    });
    assert.equal(guest.exitCode, 0, guest.output);

    const results: HookResult[] = JSON.parse(await readFile(join(folder, 'results.json'), 'utf8'));
    assert.deepEqual(
      results.map(({ hook }) => hook),
      [...HOOKS],
    );
    for (const { hook, made, unseen, extra, wrong, queueDurations, queueLimits, counts } of results) {
      assert.ok(made > 0);
      assert.deepEqual({ hook, unseen, extra, wrong }, { hook, unseen: 0, extra: 0, wrong: [] });
      assert.deepEqual({ hook, queueDurations, queueLimits }, { hook, queueDurations: made, queueLimits: made });
      const { seen, filtered, submitted, missed, in_ring } = counts;
      assert.deepEqual(
        { seen: seen - filtered, submitted, missed, in_ring },
        { seen: made, submitted: made, missed: 0, in_ring: 0 },
      );
    }
  });
}
