import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connectTo, resetAll } from './client.ts';
import { type Clocks, Server } from './server.ts';
import { mostSkipped } from './state-skips.ts';
import { Trace } from './trace.ts';

const IN_QUEUE_MILLIS = 40;

test('length, limit and duration of the queue for each of several queued connections', async () => {
  await using server = await Server.start();
  const listener = await server.listen('inet', '127.0.0.1', { backlog: 9 });
  await using trace = new Trace({ ports: [listener.port] });

  const clients = [];
  const queuedNs: bigint[] = [];
  for (let i = 0; i < 5; i++) {
    clients.push(await connectTo(listener.port, '127.0.0.1'));
    queuedNs.push(await server.queued(listener, i + 1));
    await pause(IN_QUEUE_MILLIS);
  }
  const { accepted } = await server.accept(listener, { count: clients.length });
  const records = await trace.until(server.pid, clients.length);

  assert.deepEqual(
    records.map(({ peerPort, queueLength, queueLimit }) => ({ peerPort, queueLength, queueLimit })),
    clients.map(({ peerPort }, i) => ({ peerPort, queueLength: clients.length - 1 - i, queueLimit: 9 })),
  );
  for (const [i, client] of clients.entries()) {
    const [facts, durationNs] = [accepted[i], records[i]?.queueDurationNs];
    assert.ok(facts && durationNs !== undefined);
    const leastNs = BigInt(facts.before.monotonic) - (queuedNs[i] ?? 0n);
    const mostNs = BigInt(facts.after.monotonic) - client.beforeMonotonicNs;
    assert.ok(leastNs <= durationNs && durationNs <= mostNs, `${leastNs} <= ${durationNs} <= ${mostNs}`);
  }
});

test('each of a thousand connections that wait at once keeps its time', async () => {
  await using server = await Server.start();
  const listener = await server.listen('inet', '127.0.0.1', { backlog: 1000 });
  await using trace = new Trace({ ports: [listener.port] });
  const clients = [];
  for (let i = 0; i < 1000; i++) clients.push(await connectTo(listener.port, '127.0.0.1'));
  await server.accept(listener, { count: clients.length });
  const records = await trace.until(server.pid, clients.length);
  resetAll(clients);

  const { unstamped } = await trace.stop();
  const durations = records.flatMap(({ queueDurationNs }) => queueDurationNs ?? []);
  const unknown = records.length - durations.length;
  assert.ok(unknown <= mostSkipped(clients.length, unstamped), `${unknown} unknown, ${unstamped} changes skipped`);
  // Accepted in the order they came, and faster: who came first waited longest.
  assert.ok((durations[0] ?? 0n) > (durations.at(-1) ?? 0n));
});

test('a handshake that ended before tracing began has no duration, and everything else', async () => {
  await using server = await Server.start();
  const listener = await server.listen('inet', '127.0.0.1');
  const client = await connectTo(listener.port, '127.0.0.1');
  await using trace = new Trace({ ports: [listener.port] });
  const { accepted } = await server.accept(listener);

  const [record] = await trace.until(server.pid, 1);
  assert.ok(record);
  const { queueDurationNs, queueLength, queueLimit, peerPort } = record;
  assert.deepEqual(
    { queueDurationNs, queueLength, queueLimit, peerPort },
    { queueDurationNs: undefined, queueLength: 0, queueLimit: 128, peerPort: client.peerPort },
  );
  // The kernel makes a cookie when somebody asks; another tracer on this host may have.
  assert.ok([0n, BigInt(accepted[0]?.cookie ?? 0)].includes(record.socketCookie));
});

test('a connection its client reset while it was queued is accepted, with all its facts', async () => {
  await using server = await Server.start();
  const listener = await server.listen('inet6', '::');
  await using trace = new Trace({ ports: [listener.port] });
  const clients = [await connectTo(listener.port, '127.0.0.1'), await connectTo(listener.port, '::1')];
  resetAll(clients);
  const [facts] = (await server.accept(listener, { count: clients.length })).accepted;

  const records = await trace.until(server.pid, clients.length);
  assert.deepEqual(
    records.map(({ peerAddress, peerPort, localPort, queueLimit }) => ({
      peerAddress,
      peerPort,
      localPort,
      queueLimit,
    })),
    clients.map(({ peerAddress, peerPort }) => ({ peerAddress, peerPort, localPort: listener.port, queueLimit: 128 })),
  );
  assert.equal(records[0]?.socketCookie, BigInt(facts?.cookie ?? 0));
  for (const { queueDurationNs } of records) assert.notEqual(queueDurationNs, undefined);
});

const IPPROTO_MPTCP = 262;

/** What `connect_and_stay` of server.py says. */
interface Stayed {
  readonly port: number;
  readonly synDataTaken: boolean;
  readonly before: Clocks;
}

for (const [title, protocol, fastOpen] of [
  ['MPTCP', IPPROTO_MPTCP, false],
  ['Fast Open', 0, true],
] as const) {
  test(`${title}: length, limit and duration of the queue`, async () => {
    await using server = await Server.start('unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh');
    const listener = await server.listen('inet', '127.0.0.1', { backlog: 9, protocol, fast_open: fastOpen });
    await using trace = new Trace();
    const connectOne = (): Promise<Stayed> =>
      server.run('connect_and_stay', { address: '127.0.0.1', port: listener.port, protocol, fast_open: fastOpen });
    // The first one gets the cookie that lets the others send data in their SYN.
    const made = [await connectOne()];
    await server.accept(listener);
    made.push(await connectOne(), await connectOne());
    if (fastOpen)
      assert.deepEqual(
        made.map(({ synDataTaken }) => synDataTaken),
        [false, true, true],
      );
    const queuedNs = await server.queued(listener, 2);
    await pause(IN_QUEUE_MILLIS);
    const { accepted } = await server.accept(listener, { count: 2 });
    const records = (await trace.until(server.pid, 3)).slice(1);

    assert.deepEqual(
      records.map(({ peerPort, queueLength, queueLimit, mptcp }) => [peerPort, queueLength, queueLimit, mptcp]),
      made.slice(1).map(({ port }, i) => [port, 1 - i, 9, protocol === IPPROTO_MPTCP]),
    );
    for (const [i, { before }] of made.slice(1).entries()) {
      const [facts, durationNs] = [accepted[i], records[i]?.queueDurationNs];
      assert.ok(facts && durationNs !== undefined);
      const leastNs = BigInt(facts.before.monotonic) - queuedNs;
      const mostNs = BigInt(facts.after.monotonic) - BigInt(before.monotonic);
      assert.ok(leastNs <= durationNs && durationNs <= mostNs, `${leastNs} <= ${durationNs} <= ${mostNs}`);
    }
  });
}
