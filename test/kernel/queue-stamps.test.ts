import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { buildVariant } from '../../bench/programs/build-variant.ts';
import type { Edit } from '../../bench/programs/variants.ts';
import { AcceptTracer } from '../../src/kernel/accept-tracer.ts';
import { connectTo, resetAll } from './client.ts';
import { HOOK } from './hook.ts';
import { Server } from './server.ts';
import { mostSkipped } from './state-skips.ts';

const WAITING = 40;
const SLOTS_OF_TWO_SETS = 8;

interface Outcome {
  /** Accepted connections whose time in the queue is not known. */
  readonly unknown: number;
  readonly unstamped: number;
}

/** Connections that all wait at once, then are accepted, traced by programs with this edit. */
async function waitAtOnce(name: string, edit: Edit): Promise<Outcome> {
  const native = createRequire(import.meta.url)(buildVariant({ name, edits: [edit] }));
  await using server = await Server.start();
  const listener = await server.listen('inet', '127.0.0.1', { backlog: WAITING });
  await using tracer = new AcceptTracer(
    { hook: HOOK, ringBytes: 1 << 16, ports: [listener.port], self: 'none' },
    native,
  );
  const durations: (bigint | undefined)[] = [];
  tracer.run(({ connections }) => durations.push(...connections.map(({ queueDurationNs }) => queueDurationNs)));
  const clients = [];
  for (let i = 0; i < WAITING; i++) clients.push(await connectTo(listener.port, '127.0.0.1'));
  await server.accept(listener, { count: WAITING });
  await tracer.stop();
  resetAll(clients);
  assert.equal(durations.length, WAITING);
  const { unstamped } = tracer.counts();
  return { unknown: durations.filter((durationNs) => durationNs === undefined).length, unstamped };
}

test('of more connections than there is room for those without a time are counted', async () => {
  const { unknown, unstamped } = await waitAtOnce('two sets of stamps', {
    file: 'maps.h',
    text: '#define QUEUE_STAMP_SET_BITS  16',
    instead: '#define QUEUE_STAMP_SET_BITS 1',
  });
  // Handshakes of others on the host take room, too.
  assert.ok(unknown >= WAITING - SLOTS_OF_TWO_SETS, `${unknown} unknown`);
  assert.ok(unknown <= mostSkipped(WAITING, unstamped), `${unknown} unknown, ${unstamped} counted`);
});

for (const [tries, lost] of [
  ['once', 'i == 0'],
  ['always', 'true'],
] as const) {
  test(`a slot is lost to another CPU ${tries}: the time is known or counted`, async () => {
    const { unknown, unstamped } = await waitAtOnce(`slots lost ${tries}`, {
      file: 'queue_stamp.h',
      text: 'if (!hand_over(slot.stamp, slot.owner, (u64)sk))',
      instead: `if (${lost} || !hand_over(slot.stamp, slot.owner, (u64)sk))`,
    });
    if (tries === 'once') assert.ok(unknown <= mostSkipped(WAITING, 0), `${unknown} unknown`);
    else assert.equal(unknown, WAITING);
    assert.ok(unknown <= mostSkipped(WAITING, unstamped), `${unknown} unknown, ${unstamped} counted`);
  });
}
