import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import { TemporaryCgroup } from './cgroup.ts';
import { type Listener, Server } from './server.ts';
import { Trace } from './trace.ts';

/** A connection of the server's own making, since nobody else may reach its network. */
async function acceptOwnConnection(server: Server, { listener, port }: Listener): Promise<void> {
  await server.run('connect', { family: 'inet', address: '127.0.0.1', ports: [port] });
  await server.run('accept', { listener });
}

test('namespaces and pids of a server that lives in its own', async () => {
  const unshare = ['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child'];
  await using server = await Server.start(...unshare, 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh');
  const listener = await server.listen('inet', '127.0.0.1');
  await using trace = new Trace({ pid: server.pid });
  await acceptOwnConnection(server, listener);
  const [record] = await trace.until(server.pid, 1);

  assert.ok(record);
  const { pid, tid, namespacePid, networkNamespace, mountNamespace, localPort } = record;
  assert.deepEqual(
    { pid, tid, namespacePid, networkNamespace, mountNamespace, localPort },
    {
      pid: server.pid,
      tid: server.pid,
      namespacePid: server.facts.ownPid,
      networkNamespace: server.facts.namespaces.net,
      mountNamespace: server.facts.namespaces.mnt,
      localPort: listener.port,
    },
  );
  assert.notEqual(namespacePid, pid);
  assert.notEqual(networkNamespace, statSync('/proc/self/ns/net').ino);
  assert.notEqual(mountNamespace, statSync('/proc/self/ns/mnt').ino);
});

test('two pid namespaces deep, the innermost pid is the one the process knows', async () => {
  const unshare = ['unshare', '--pid', '--fork', '--kill-child'];
  await using server = await Server.start(...unshare, ...unshare);
  const listener = await server.listen('inet', '127.0.0.1');
  await using trace = new Trace({ pid: server.pid });
  await acceptOwnConnection(server, listener);
  const [record] = await trace.until(server.pid, 1);
  assert.equal(record?.namespacePid, server.facts.ownPid);
});

test('the cgroup is the one the server is in when it accepts', async () => {
  using cgroup = new TemporaryCgroup();
  await using server = await Server.start();
  const listener = await server.listen('inet', '127.0.0.1');
  await using trace = new Trace({ pid: server.pid });
  await acceptOwnConnection(server, listener);
  cgroup.add(server.pid);
  await acceptOwnConnection(server, listener);

  const [outside, inside] = await trace.until(server.pid, 2);
  assert.notEqual(outside?.cgroupId, cgroup.id);
  assert.equal(inside?.cgroupId, cgroup.id);
});

test('a tracer in a pid namespace knows which process is its own', () => {
  const script = new URL('trace-own-process.ts', import.meta.url).pathname;
  const traced = (self: 'none' | 'all') => {
    const command = ['--pid', '--fork', '--kill-child', process.execPath, script, self];
    return JSON.parse(execFileSync('unshare', command, { encoding: 'utf8' }));
  };
  assert.deepEqual(traced('none'), { pid: 1, namespacePids: [1], self: 0 });
  assert.deepEqual(traced('all'), { pid: 1, namespacePids: [], self: 1 });
});
