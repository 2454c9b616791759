import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { AcceptTracer } from '../../src/kernel/accept-tracer.ts';
import type { Mode } from '../../src/kernel/summary-layout.ts';
import { unpin } from '../../src/kernel/unpin.ts';
import { buildFlood, Flood } from './flood.ts';
import { HOOK } from './hook.ts';
import { PinScene } from './pin-scene.ts';

const { program, remove } = buildFlood();
after(remove);

for (const mode of ['summary', 'auto'] as const satisfies readonly Mode[]) {
  test(`mode ${mode}, pinned: what is counted while nobody reads is the next reader's, and counts begin there`, async () => {
    using scene = new PinScene();
    await using flood = await Flood.start(program);
    const settings = { hook: HOOK, mode, ringBytes: 4096, self: 'none', ports: flood.ports } as const;
    const read = async (round: () => Promise<void>) => {
      const tracer = new AcceptTracer({ ...settings, pinDirectory: scene.directory });
      let recorded = 0;
      let summarized = 0;
      tracer.run(
        ({ count }) => {
          recorded += count;
        },
        {
          summaries: {
            intervalMillis: 20,
            onSummaries: (summaries) => {
              for (const { accepts } of summaries) summarized += accepts;
            },
          },
        },
      );
      await round();
      await tracer.stop();
      const { aggregated, submitted, ring_full, in_ring, in_summaries } = tracer.counts();
      tracer.close();
      assert.deepEqual([aggregated, submitted], [summarized, recorded]);
      assert.deepEqual([ring_full, in_ring, in_summaries], [0, 0, 0]);
      return recorded + summarized;
    };

    assert.equal(await read(() => flood.run({ connections: 1000, sources: 9 })), 1000);
    await flood.run({ connections: 700, sources: 9 });
    assert.equal(await read(() => flood.run({ connections: 300, sources: 9 })), 1000);
    assert.equal(await read(async () => {}), 0);
    unpin(scene.directory);
  });
}
