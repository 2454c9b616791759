import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { AcceptTracer } from '../../src/kernel/accept-tracer.ts';
import type { AcceptedConnection } from '../../src/kernel/accepted-connection.ts';
import { RECORD_BYTES } from '../../src/kernel/record-layout.ts';
import { HOOK } from './hook.ts';
import { type Listener, Server } from './server.ts';

/** What is asked for and what the kernel makes of it: pages, and a power of two. */
const RINGS = [
  [4096, 4096],
  [4097, 8192],
] as const;
const RING_HEADER_BYTES = 8;
const BURST = 100;
const CPUS = [...new Set([0, availableParallelism() - 1])];

async function burst(server: Server, client: Server, { listener, port }: Listener, cpu: number, count: number) {
  const serving = server.begin('serve', { listener, count, cpu, thread: `cpu-${cpu}` });
  await client.run('connect', { family: 'inet', address: '127.0.0.1', ports: [port], count, awaits: true });
  await serving.done;
}

/** Numbers missing before the last one of each CPU. */
function gaps(records: readonly AcceptedConnection[]): number {
  return CPUS.map((cpu) => records.filter((record) => record.cpu === cpu).map(({ sequence }) => Number(sequence)))
    .map((sequences) => {
      assert.ok(sequences.every((sequence, i) => i === 0 || sequence > (sequences[i - 1] ?? 0)));
      return (sequences.at(-1) ?? -1) + 1 - sequences.length;
    })
    .reduce((sum, gap) => sum + gap, 0);
}

for (const [ringBytes, madeBytes] of RINGS) {
  test(`a full ring of ${ringBytes} bytes: every loss is counted, and is a gap in its CPU’s sequence`, async () => {
    const held = Math.floor(madeBytes / (RECORD_BYTES + RING_HEADER_BYTES));
    await using server = await Server.start();
    await using client = await Server.start();
    const kept = await server.listen('inet', '127.0.0.1');
    const other = await server.listen('inet', '127.0.0.1');
    const settings = { hook: HOOK, ringBytes, ports: [kept.port], self: 'none' } as const;
    await using tracer = new AcceptTracer(settings);

    for (const cpu of CPUS) await burst(server, client, kept, cpu, BURST);
    await burst(server, client, other, 0, BURST);
    const full = tracer.counts();
    assert.equal(full.submitted, held);
    assert.equal(full.in_ring, held);
    assert.equal(full.ring_full, BURST * CPUS.length - held);
    assert.equal(full.seen, full.filtered + full.submitted + full.ring_full);
    assert.ok(full.filtered >= BURST);

    const records: AcceptedConnection[] = [];
    tracer.run((batch) => records.push(...batch.connections));
    assert.equal(tracer.drain(), held);
    for (const cpu of CPUS) await burst(server, client, kept, cpu, 1);
    await tracer.stop();

    const { submitted, ring_full, in_ring } = tracer.counts();
    assert.deepEqual(
      { submitted, ring_full, in_ring },
      { submitted: held + CPUS.length, ring_full: full.ring_full, in_ring: 0 },
    );
    assert.equal(records.length, submitted);
    assert.equal(gaps(records), ring_full);
  });
}
