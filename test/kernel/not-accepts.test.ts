import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectTo } from './client.ts';
import { type AcceptOutcome, type Listener, Server } from './server.ts';
import { Trace } from './trace.ts';

/** Runs `act` under a tracer without filter; what it recorded of the server, and that it counted nothing else. */
async function recordedOf(server: Server, act: () => Promise<unknown>): Promise<number[]> {
  await using trace = new Trace();
  await act();
  const { seen, submitted, unreadable } = await trace.stop();
  assert.deepEqual({ seen, unreadable }, { seen: trace.connections.length, unreadable: 0 });
  assert.equal(submitted, seen);
  return trace.of(server.pid).map(({ peerPort }) => peerPort);
}

test('EAGAIN is nothing; the accept after it is one record', async () => {
  await using server = await Server.start();
  const { listener, port } = await server.listen('inet', '127.0.0.1');
  const ports: number[] = [];
  const recorded = await recordedOf(server, async () => {
    const accepting = server.begin<AcceptOutcome>('accept_ready', { listener, count: 2, thread: 'loop' });
    await accepting.began;
    for (let i = 0; i < 2; i++) ports.push((await connectTo(port, '127.0.0.1')).peerPort);
    const { failed } = await accepting.done;
    assert.ok(failed.every((name) => name === 'EAGAIN'));
  });
  assert.deepEqual(recorded, ports);
});

test('EAGAIN alone is nothing', async () => {
  await using server = await Server.start();
  const { listener } = await server.listen('inet', '127.0.0.1');
  const recorded = await recordedOf(server, async () => {
    const { failed } = await server.run<AcceptOutcome>('accept', { listener, count: 3, blocking: false });
    assert.deepEqual(failed, ['EAGAIN', 'EAGAIN', 'EAGAIN']);
  });
  assert.deepEqual(recorded, []);
});

test('calls on what does not listen are nothing', async () => {
  await using server = await Server.start();
  const listening = await server.listen('inet', '127.0.0.1');
  await connectTo(listening.port, '127.0.0.1');
  const { accepted } = await server.accept(listening);
  const recorded = await recordedOf(server, async () => {
    for (const [descriptor, error] of [
      [9999, 'EBADF'],
      [0, 'EINVAL'],
      [accepted[0]?.descriptor, 'EINVAL'],
    ]) {
      for (const call of ['accept', 'accept4']) {
        const { failed } = await server.run<AcceptOutcome>('accept', { listener: descriptor, call });
        assert.deepEqual(failed, [error]);
      }
    }
  });
  assert.deepEqual(recorded, []);
});

test('EMFILE is nothing; the connection it left in the queue is one record', async () => {
  await using server = await Server.start();
  const listener = await server.listen('inet', '127.0.0.1');
  const client = await connectTo(listener.port, '127.0.0.1');
  const recorded = await recordedOf(server, async () => {
    await server.run('limit_descriptors', { exhausted: true });
    assert.deepEqual((await server.accept(listener, { count: 2 })).failed, ['EMFILE', 'EMFILE']);
    await server.run('limit_descriptors', { exhausted: false });
    await server.accept(listener);
  });
  assert.deepEqual(recorded, [client.peerPort]);
});

test('UNIX-domain accepts and UDP are nothing', async () => {
  await using server = await Server.start();
  const recorded = await recordedOf(server, async () => {
    const { listener } = await server.run<Listener>('listen', { family: 'unix' });
    const { accepted } = await server.run<AcceptOutcome>('unix_pair', { listener });
    assert.equal(accepted.length, 1);
    const { received, failed } = await server.run<AcceptOutcome & { received: string }>('udp_exchange');
    assert.deepEqual([received, failed], ['hello', ['ENOTSUP']]);
  });
  assert.deepEqual(recorded, []);
});
