import assert from 'node:assert/strict';
import { test } from 'node:test';
import { untilBlocked } from './blocked.ts';
import { connectTo } from './client.ts';
import { type AcceptOutcome, Server } from './server.ts';
import { Trace } from './trace.ts';

for (const call of ['accept', 'accept4'] as const) {
  test(`threads asleep in ${call} when tracing begins: each one's first connection is there, once`, async () => {
    await using server = await Server.start();
    const { listener, port } = await server.listen('inet', '127.0.0.1');
    const sleepers = Array.from({ length: 16 }, (_, i) =>
      server.begin<AcceptOutcome>('accept', { listener, call, thread: `sleeper-${i}` }),
    );
    const tids = await Promise.all(sleepers.map(({ began }) => began));
    await Promise.all(tids.map((tid) => untilBlocked(server.pid, tid, call)));

    await using trace = new Trace({ ports: [port] });
    const clients = [];
    for (const _ of sleepers) clients.push(await connectTo(port, '127.0.0.1'));
    await Promise.all(sleepers.map(({ done }) => done));
    await trace.stop();

    const byNumber = (one: number, other: number) => one - other;
    assert.deepEqual(trace.connections.map(({ tid }) => tid).sort(byNumber), tids.sort(byNumber));
    assert.deepEqual(
      trace.connections.map(({ peerPort }) => peerPort).sort(byNumber),
      clients.map(({ peerPort }) => peerPort).sort(byNumber),
    );
  });
}
