import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import type { Listener } from '../../src/kernel/listener.ts';
import { LISTENER_BYTES, LISTENER_OFFSET } from '../../src/kernel/listener-layout.ts';
import { Listeners } from '../../src/kernel/listeners.ts';
import { loadNative } from '../../src/kernel/native.ts';
import { inTime } from '../in-time.ts';

const PROGRAM = new URL('listeners.py', import.meta.url).pathname;

interface Facts {
  readonly pid: number;
  readonly child: number;
  readonly network_namespace: number;
  readonly listeners: Readonly<Record<string, { readonly port: number; readonly descriptor: number }>>;
}

/** listeners.py, run by `command`, with what was listed of its processes meanwhile. */
async function listed(
  command: readonly [string, ...string[]],
): Promise<{ facts: Facts; of: (name: string) => Listener; all: Listener[] }> {
  const [file, ...args] = command;
  const python = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const lines = createInterface({ input: python.stdout });
    const [line] = await inTime(once(lines, 'line'), 'listeners.py said what it listens on');
    const facts: Facts = JSON.parse(String(line));
    using listeners = new Listeners();
    const ours = [facts.pid, facts.child];
    const all = listeners.list().listeners.filter(({ owners }) => owners.some(({ pid }) => ours.includes(pid)));
    const of = (name: string) => {
      const { port, descriptor } = facts.listeners[name] ?? { port: 0, descriptor: 0 };
      const found = all.filter(
        ({ localPort, owners }) => localPort === port && owners.some((owner) => owner.descriptor === descriptor),
      );
      assert.equal(found.length, 1, name);
      return found[0] as Listener;
    };
    return { facts, of, all };
  } finally {
    python.stdin.end();
    await once(python, 'close');
  }
}

test('a record is laid out as the C compiler lays it out', () => {
  assert.deepEqual({ ...LISTENER_OFFSET, bytes: LISTENER_BYTES }, loadNative().listenerLayout());
});

test('each socket that listens is listed once, with its own address, limit and owner', async () => {
  const { facts, of, all } = await listed(['python3', PROGRAM]);
  assert.equal(all.length, Object.keys(facts.listeners).length);
  const places = Object.keys(facts.listeners).map((name) => {
    const { localAddress, networkType, socketFamily, ipv6Only, mptcp, queueLimit } = of(name);
    return [name, localAddress, networkType, socketFamily, ipv6Only, mptcp, queueLimit];
  });
  assert.deepEqual(places, [
    ['ipv4', '127.0.0.1', 'ipv4', 'inet', false, false, 77],
    ['dual-stack', '::', 'ipv6', 'inet6', false, false, 5],
    ['ipv6 only', '::1', 'ipv6', 'inet6', true, false, 6],
    ['mapped', '127.0.0.1', 'ipv4', 'inet6', false, false, 8],
    ['mptcp', '127.0.0.1', 'ipv4', 'inet', false, true, 9],
    ['group one', '127.0.0.1', 'ipv4', 'inet', false, false, 10],
    ['group two', '127.0.0.1', 'ipv4', 'inet', false, false, 11],
    ['group of one', '127.0.0.1', 'ipv4', 'inet', false, false, 12],
  ]);
  for (const { owners, networkNamespace } of all) {
    assert.deepEqual(
      owners.map(({ pid, userId, comm }) => ({ pid, userId, comm })),
      [{ pid: facts.pid, userId: 0, comm: 'python3' }],
    );
    assert.equal(networkNamespace, facts.network_namespace);
  }
});

test('connections that wait are its queue length; a duplicated descriptor is one owner', async () => {
  const { facts, of } = await listed(['python3', PROGRAM]);
  assert.equal(of('ipv4').queueLength, 3);
  assert.equal(of('dual-stack').queueLength, 0);
  assert.equal(of('ipv4').owners[0].descriptor, facts.listeners['ipv4']?.descriptor);
});

test('sockets of one SO_REUSEPORT group have its number, and others none', async () => {
  const { of } = await listed(['python3', PROGRAM]);
  const group = of('group one').reuseportGroup;
  assert.ok(group);
  assert.equal(of('group two').reuseportGroup, group);
  assert.ok(of('group of one').reuseportGroup);
  assert.notEqual(of('group of one').reuseportGroup, group);
  assert.equal(of('ipv4').reuseportGroup, undefined);
});

test('a listener inherited by fork has both processes as owners', async () => {
  const { facts, of } = await listed(['python3', PROGRAM, 'inherited']);
  const pids = of('ipv4').owners.map(({ pid }) => pid);
  assert.deepEqual(
    pids,
    [facts.pid, facts.child].sort((a, b) => a - b),
  );
});

test('listeners of another network namespace are listed', async () => {
  const script = 'ip link set lo up && exec python3 "$0"';
  const { facts, of } = await listed(['unshare', '--net', 'sh', '-c', script, PROGRAM]);
  const { networkNamespace, owners } = of('ipv4');
  assert.equal(networkNamespace, facts.network_namespace);
  assert.notEqual(networkNamespace, Number(statSync('/proc/self/ns/net').ino));
  assert.equal(owners[0].namespacePid, facts.pid);
});

test('a closed list says so', () => {
  const listeners = new Listeners();
  listeners.close();
  listeners.close();
  assert.throws(() => listeners.list(), { code: 'ERR_CLOSED' });
});
