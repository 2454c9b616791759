import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { HOOKS } from '../../src/kernel/binding.ts';
import { buildFlood } from '../kernel/flood.ts';
import { bootGuest, NODE_OF_GUEST } from './guest.ts';
import { fetchKernel } from './kernel.ts';
import { CONNECTIONS, type CountedFlood } from './summaries-in-guest.ts';

const PROGRAM = fileURLToPath(new URL('summaries-in-guest.ts', import.meta.url));
const { program: flood, remove } = buildFlood();
after(remove);

for (const line of ['6.1', '6.12']) {
  test(`${line}: every hook counts a flood exactly, in mode summary and past a full ring in mode auto`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'otel-tcpaccept-summaries-'));
    t.after(() => rm(folder, { recursive: true }));
    const script = join(folder, 'script.sh');
    await writeFile(script, '#!/bin/bash\nexec "$NODE" "$PROGRAM" "$FLOOD" /results/results.json\n', { mode: 0o755 });
    const env = { ...NODE_OF_GUEST, PROGRAM, FLOOD: flood };
    const guest = await bootGuest({ kernel: await fetchKernel(line), script, results: folder, env });
    assert.equal(guest.exitCode, 0, guest.output);

    const floods: CountedFlood[] = JSON.parse(await readFile(join(folder, 'results.json'), 'utf8'));
    assert.deepEqual(
      floods.map(({ hook, mode }) => `${hook} ${mode}`),
      HOOKS.flatMap((hook) => [`${hook} summary`, `${hook} auto`]),
    );
    for (const { hook, mode, counts, recorded, made, told, levels } of floods) {
      const which = `${hook} ${mode}`;
      assert.deepEqual(told, made, which);
      assert.equal(counts.aggregated + recorded, CONNECTIONS, which);
      assert.ok(mode === 'summary' ? recorded === 0 : recorded > 0, `${which}: ${recorded} records`);
      assert.ok(counts.aggregated > 0, which);
      assert.deepEqual([counts.ring_full, counts.missed, counts.in_summaries], [0, 0, 0], which);
      assert.deepEqual(levels, ['peer'], which);
    }
  });
}
