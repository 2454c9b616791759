import assert from 'node:assert/strict';
import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { cgroupIdOf } from './cgroup.ts';
import { connectTo } from './client.ts';
import { type AcceptOutcome, Server } from './server.ts';
import { Trace } from './trace.ts';

const NOBODY = 65534;
/** Of the times in /proc. */
const TICK_NS = 10_000_000n;
/** The wall clock is measured when the ring is drained, and NTP may have moved it since the accept. */
const CLOCK_TOLERANCE_NS = 1_000_000n;

test('every fact of an accept is what its client and its server know', async () => {
  await using server = await Server.start();
  await server.run('become', { user_id: NOBODY });
  const listener = await server.listen('inet', '127.0.0.1', { backlog: 7 });
  await using trace = new Trace({ ports: [listener.port] });

  const accept = server.begin<AcceptOutcome>('accept', { listener: listener.listener, thread: 'acceptor-thread' });
  const tid = await accept.began;
  const client = await connectTo(listener.port, '127.0.0.1');
  const [accepted] = (await accept.done).accepted;
  const [record] = await trace.until(server.pid, 1);
  assert.ok(accepted && record);

  const { acceptedBootNs, acceptedUnixNs, observedUnixNs, queueDurationNs, cpu, sequence, ...others } = record;
  const { processStartBootNs, execCount, ...exact } = others;
  assert.deepEqual(exact, {
    networkType: 'ipv4',
    peerAddress: client.peerAddress,
    peerPort: client.peerPort,
    localAddress: '127.0.0.1',
    localPort: listener.port,
    socketFamily: 'inet',
    pid: server.pid,
    tid,
    namespacePid: server.facts.ownPid,
    userId: NOBODY,
    realUserId: server.facts.userId,
    executableName: basename(readlinkSync(`/proc/${server.pid}/exe`)),
    comm: 'acceptor-thread',
    cgroupId: cgroupIdOf(server.pid),
    socketCookie: BigInt(accepted.cookie),
    networkNamespace: server.facts.namespaces.net,
    mountNamespace: server.facts.namespaces.mnt,
    queueLength: 0,
    queueLimit: 7,
    rttUs: accepted.rttUs,
    method: 'syscall',
    mptcp: false,
  });
  assert.notEqual(tid, server.pid);
  assert.notEqual(server.facts.userId, NOBODY, 'the effective user is recorded, not the real one');
  assert.equal(
    processStartBootNs / TICK_NS,
    BigInt(readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(' ')[21] ?? 0),
  );
  assert.ok(execCount > 0);
  assert.equal(sequence, 0n);
  assert.ok(cpu >= 0);

  assert.ok(BigInt(accepted.before.boot) <= acceptedBootNs && acceptedBootNs <= BigInt(accepted.after.boot));
  assert.ok(BigInt(client.beforeUnixMillis) * 1_000_000n <= acceptedUnixNs + CLOCK_TOLERANCE_NS);
  assert.ok(BigInt(accepted.before.unix) <= acceptedUnixNs + CLOCK_TOLERANCE_NS);
  assert.ok(acceptedUnixNs <= BigInt(accepted.after.unix) + CLOCK_TOLERANCE_NS);
  assert.ok(acceptedUnixNs < observedUnixNs && observedUnixNs <= BigInt(Date.now() + 1) * 1_000_000n);

  const sinceClientBeganNs = BigInt(accepted.after.monotonic) - client.beforeMonotonicNs;
  assert.ok(queueDurationNs !== undefined && queueDurationNs < sinceClientBeganNs);
});

const ENDS = [
  { listens: ['inet', '127.0.0.1'], host: '127.0.0.1', networkType: 'ipv4' },
  { listens: ['inet', '0.0.0.0'], host: '127.0.0.9', networkType: 'ipv4' },
  { listens: ['inet6', '::1'], host: '::1', networkType: 'ipv6' },
  { listens: ['inet6', '::'], host: '::1', networkType: 'ipv6' },
  { listens: ['inet6', '::'], host: '127.0.0.9', networkType: 'ipv4' },
] as const;

for (const { listens, host, networkType } of ENDS) {
  const [socketFamily, address] = listens;
  test(`a client of ${host} on a listener of ${address}: ${networkType} on an ${socketFamily} socket`, async () => {
    await using server = await Server.start();
    const listener = await server.listen(socketFamily, address);
    await using trace = new Trace({ ports: [listener.port] });
    const client = await connectTo(listener.port, host);
    await server.accept(listener);

    const [record] = await trace.until(server.pid, 1);
    assert.ok(record);
    const { peerAddress, peerPort, localAddress, localPort } = record;
    assert.deepEqual(
      { peerAddress, peerPort, localAddress, localPort },
      { peerAddress: client.peerAddress, peerPort: client.peerPort, localAddress: host, localPort: listener.port },
    );
    assert.deepEqual([record.networkType, record.socketFamily], [networkType, socketFamily]);
  });
}

const CALLS = [
  ['accept', { call: 'accept' }],
  ['accept', { call: 'accept4' }],
  ['accept_ready', {}],
] as const;

for (const [command, options] of CALLS) {
  test(`${command} ${JSON.stringify(options)} by the leader thread is one record`, async () => {
    await using server = await Server.start();
    const listener = await server.listen('inet', '127.0.0.1');
    await using trace = new Trace({ ports: [listener.port] });
    const client = await connectTo(listener.port, '127.0.0.1');
    await server.run(command, { listener: listener.listener, count: 1, ...options });

    const { submitted } = await trace.stop();
    assert.equal(submitted, 1);
    assert.deepEqual(
      trace.connections.map(({ peerPort, pid, tid, method }) => ({ peerPort, pid, tid, method })),
      [{ peerPort: client.peerPort, pid: server.pid, tid: server.pid, method: 'syscall' }],
    );
  });
}

test('an MPTCP connection is marked', async () => {
  const IPPROTO_MPTCP = 262;
  await using server = await Server.start();
  const listener = await server.listen('inet', '127.0.0.1', { protocol: IPPROTO_MPTCP });
  await using trace = new Trace({ ports: [listener.port] });
  const { made } = await server.run<{ made: [number, number][] }>('connect', {
    family: 'inet',
    address: '127.0.0.1',
    ports: [listener.port],
    protocol: IPPROTO_MPTCP,
  });
  await server.accept(listener);
  const [record] = await trace.until(server.pid, 1);
  assert.ok(record);
  assert.deepEqual(
    [record.mptcp, record.peerPort, record.localPort, record.queueLimit],
    [true, made[0]?.[0], listener.port, 128],
  );
});

test('the exec count changes with each program of a process, and nothing else does', async () => {
  await using server = await Server.start('sh', '-c', 'exec env "$@"', 'sh');
  await using other = await Server.start('sh', '-c', 'exec "$@"', 'sh');
  const listener = await server.listen('inet', '127.0.0.1');
  const otherListener = await other.listen('inet', '127.0.0.1');
  await using trace = new Trace({ ports: [listener.port, otherListener.port] });
  await connectTo(listener.port, '127.0.0.1');
  await connectTo(listener.port, '127.0.0.1');
  await connectTo(otherListener.port, '127.0.0.1');
  await server.accept(listener, { count: 2 });
  await other.accept(otherListener);
  const [first, second] = await trace.until(server.pid, 2);
  const [once] = await trace.until(other.pid, 1);
  assert.equal(second?.execCount, first?.execCount);
  assert.equal(second?.processStartBootNs, first?.processStartBootNs);
  assert.equal(first?.execCount, (once?.execCount ?? 0) + 1, 'one exec more: sh, env, python');
});
