import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bootGuest, NODE_OF_GUEST } from './guest.ts';
import { fetchKernel } from './kernel.ts';
import type { PinsInGuest } from './pins-in-guest.ts';

const PROGRAM = fileURLToPath(new URL('pins-in-guest.ts', import.meta.url));

test('6.12: what fexit and kretprobe record outlives two kill -9, an accept asleep at the start included', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'otel-tcpaccept-pins-'));
  t.after(() => rm(folder, { recursive: true }));
  const script = join(folder, 'script.sh');
  await writeFile(script, '#!/bin/bash\nexec "$NODE" "$PROGRAM" /results/results.json\n', { mode: 0o755 });
  const env = { ...NODE_OF_GUEST, PROGRAM };
  const kernel = await fetchKernel('6.12');
  const guest = await bootGuest({ kernel, script, results: folder, env, timeoutMillis: 300_000 });
  assert.equal(guest.exitCode, 0, guest.output);
  const results: Record<'fexit' | 'kretprobe', PinsInGuest> = JSON.parse(
    await readFile(join(folder, 'results.json'), 'utf8'),
  );
  for (const [hook, result] of Object.entries(results)) {
    const { made, read, settling, counts, unpinned, pinsLeft, eventsLeft } = result;
    const byUid = new Map(read.map((record) => [record.uid, record]));
    assert.deepEqual([...byUid.values()].map(({ peerPort }) => peerPort).sort(), made.toSorted(), hook);
    assert.deepEqual(settling, [true, true, false], hook);
    const { ring_full, in_ring } = counts;
    assert.deepEqual({ ring_full, in_ring }, { ring_full: 0, in_ring: 0 }, hook);
    assert.deepEqual(unpinned, { hook, links: 2, unreadRecords: 0 });
    assert.deepEqual([pinsLeft, eventsLeft], [[], []], hook);
  }
});
