import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProcessCache, type ProcessCacheOptions } from '../../src/identity/process-cache.ts';
import type { ContainerLookup } from '../../src/identity/runtime/container-facts.ts';
import { type AcceptFacts, acceptOf } from './accept.ts';
import { FakeProc, type FakeProcess } from './fake-proc.ts';

const PID = 4242;
/** Boot time in seconds, for short; a process's start is in ticks of 10 ms. */
const s = (seconds: number) => BigInt(Math.round(seconds * 1e9));
const startingAt = (seconds: number, executable: string): FakeProcess => ({ startTicks: seconds * 100, executable });

function cacheOf(proc: FakeProc, options: ProcessCacheOptions = {}): ProcessCache {
  return new ProcessCache({
    procRoot: proc.root,
    cgroups: { pathOf: () => undefined },
    users: { nameOf: () => undefined },
    ...options,
  });
}

/** Who the cache says it was: a process that started after 10 s as `web`, unless told otherwise. */
function who(cache: ProcessCache, facts: Partial<AcceptFacts> = {}) {
  const web = { pid: PID, acceptedBootNs: s(20), startBootNs: s(10), executableName: 'web' };
  return cache.identify(acceptOf({ ...web, ...facts }));
}

test('one look serves a program for as long as it runs', () => {
  using proc = new FakeProc();
  const cache = cacheOf(proc);
  proc.set(PID, startingAt(10, '/usr/bin/web'));
  const first = who(cache);
  assert.deepEqual([first.executablePath, first.executableName], ['/usr/bin/web', 'web']);
  proc.remove(PID);
  assert.equal(who(cache, { acceptedBootNs: s(10_000) }), first);
});

test('a reused pid never gets the facts of the process before it, nor the other way round', () => {
  using proc = new FakeProc();
  const cache = cacheOf(proc);
  proc.set(PID, startingAt(10, '/usr/bin/web'));
  assert.equal(who(cache).executablePath, '/usr/bin/web');
  proc.set(PID, startingAt(20.5, '/opt/web'));
  assert.equal(who(cache, { startBootNs: s(20.503) }).executablePath, '/opt/web');
  assert.equal(who(cache).executablePath, undefined, "the old one's last accept: nobody is left to ask");
  assert.equal(who(cacheOf(proc)).executablePath, undefined);
});

test('a start within the tick that /proc says is the same process, one beside it is not', () => {
  using proc = new FakeProc();
  proc.set(PID, startingAt(10, '/usr/bin/web'));
  const pathOf = (startBootNs: bigint) => who(cacheOf(proc), { startBootNs }).executablePath;
  assert.equal(pathOf(s(10.00999)), '/usr/bin/web');
  assert.equal(pathOf(s(10.01)), undefined);
  assert.equal(pathOf(s(9.99999)), undefined);
});

test('a process that is gone has what the kernel recorded, and is looked for again after a second', () => {
  using proc = new FakeProc();
  const cache = cacheOf(proc, {
    cgroups: { pathOf: (id) => (id === 77 ? `/docker/${'a'.repeat(64)}` : undefined) },
    users: { nameOf: (id) => ({ 0: 'root', 33: 'www-data' })[id] },
  });
  const gone = who(cache, { cgroupId: 77n, userId: 33 });
  assert.deepEqual(gone, {
    executableName: 'web',
    executablePath: undefined,
    commandLine: undefined,
    parentPid: undefined,
    creationTime: new Date(1_700_000_000_000 + 10_000).toISOString(),
    userName: 'www-data',
    realUserName: 'root',
    cgroupPath: `/docker/${'a'.repeat(64)}`,
    containerId: 'a'.repeat(64),
    containerRuntime: 'docker',
    podUid: undefined,
  });

  proc.set(PID, startingAt(10, '/usr/bin/web'));
  assert.equal(who(cache, { cgroupId: 77n, userId: 33, acceptedBootNs: s(20.9) }), gone);
  assert.equal(who(cache, { cgroupId: 77n, userId: 33, acceptedBootNs: s(21.1) }).executablePath, '/usr/bin/web');
});

test('each program of a process has its own facts; one that is no more has none of the next', () => {
  using proc = new FakeProc();
  const cache = cacheOf(proc);
  proc.set(PID, startingAt(10, '/bin/sh'));
  assert.equal(who(cache, { executableName: 'sh', execCount: 7 }).executablePath, '/bin/sh');
  proc.set(PID, startingAt(10, '/usr/bin/web'));
  assert.equal(who(cache, { execCount: 8 }).executablePath, '/usr/bin/web');
  const shell = who(cache, { executableName: 'sh', execCount: 7 });
  assert.deepEqual([shell.executableName, shell.executablePath], ['sh', undefined]);
});

test('a name that the kernel cut may go on, any other must be the same', () => {
  using proc = new FakeProc();
  const long = 'a-name-of-more-than-31-bytes-that-the-kernel-cuts';
  proc.set(PID, startingAt(10, `/opt/${long}`));
  const pathOf = (executableName: string) => who(cacheOf(proc), { executableName }).executablePath;
  assert.equal(pathOf(long.slice(0, 31)), `/opt/${long}`);
  assert.equal(pathOf(long.slice(0, 30)), undefined);
  assert.equal(pathOf(`b${long.slice(1, 31)}`), undefined);
  assert.equal(pathOf(''), `/opt/${long}`);
});

test('another cgroup, effective or real user has the facts read anew', () => {
  using proc = new FakeProc();
  const cache = cacheOf(proc, { users: { nameOf: (id) => `user-${id}` } });
  proc.set(PID, { ...startingAt(10, '/usr/bin/web'), cgroup: '0::/init.scope\n' });
  assert.equal(who(cache).cgroupPath, '/init.scope');
  proc.set(PID, { ...startingAt(10, '/usr/bin/web'), cgroup: '0::/docker/web\n' });
  assert.equal(who(cache).cgroupPath, '/init.scope');
  assert.equal(who(cache, { cgroupId: 77n }).cgroupPath, '/docker/web');
  assert.deepEqual([who(cache).userName, who(cache, { userId: 33 }).userName], ['user-0', 'user-33']);
});

test('command lines are read when asked for only, and redacted', () => {
  using proc = new FakeProc();
  proc.set(PID, { ...startingAt(10, '/usr/bin/web'), commandLine: 'web\0--password\0secret\0' });
  assert.equal(who(cacheOf(proc)).commandLine, undefined);
  const redact = (text: string) => text.replace('secret', '***');
  assert.equal(who(cacheOf(proc, { redact })).commandLine, 'web --password ***');
});

test('what cannot be read of a process is undefined, the rest is there', () => {
  using proc = new FakeProc();
  proc.set(PID, { startTicks: 1000, parentPid: 2, cgroup: '0::/kthreads\n' });
  const { executableName, executablePath, cgroupPath, parentPid } = who(cacheOf(proc), { executableName: '' });
  assert.deepEqual(
    { executableName, executablePath, cgroupPath, parentPid },
    { executableName: undefined, executablePath: undefined, cgroupPath: '/kthreads', parentPid: 2 },
  );
});

test('an executable replaced while it runs keeps its path', () => {
  using proc = new FakeProc();
  proc.set(PID, startingAt(10, '/usr/bin/web (deleted)'));
  assert.equal(who(cacheOf(proc)).executablePath, '/usr/bin/web');
});

test('at capacity the program met first is forgotten', () => {
  using proc = new FakeProc();
  const cache = cacheOf(proc, { capacity: 2 });
  const isKnown = (pid: number) => who(cache, { pid }).executablePath !== undefined;
  for (const pid of [101, 102, 103]) proc.set(pid, startingAt(10, '/usr/bin/web'));
  assert.ok(isKnown(101) && isKnown(102) && isKnown(103));
  for (const pid of [101, 102, 103]) proc.remove(pid);
  assert.ok(isKnown(102) && isKnown(103), 'what is remembered needs no file');
  assert.ok(!isKnown(101));
});

test('a /proc of another pid namespace is never asked', () => {
  using proc = new FakeProc(4026532999);
  proc.set(PID, startingAt(10, '/usr/bin/web'));
  proc.set('self', startingAt(10, '/opt/web'));
  const cache = cacheOf(proc);
  assert.equal(cache.usable, false);
  assert.deepEqual([who(cache).executableName, who(cache).executablePath], ['web', undefined]);

  const own = cacheOf(proc, { ownProcess: true });
  assert.equal(own.usable, true);
  assert.equal(who(own).executablePath, '/opt/web', 'our own process is found under any pid');
});

test('a container’s names are there once its runtime has answered, in another object', () => {
  using proc = new FakeProc();
  const id = 'a'.repeat(64);
  const facts = { name: 'web', imageName: 'nginx', imageTags: ['1'], imageId: 'sha256:1' };
  const container = { ...facts, podName: undefined, namespaceName: undefined, podContainerName: undefined };
  const containers: ContainerLookup = { factsOf: () => undefined, onLearnt: undefined };
  const cache = cacheOf(proc, { containers });
  proc.set(PID, { ...startingAt(10, '/usr/bin/web'), cgroup: `0::/docker/${id}\n` });
  const before = who(cache);
  assert.equal(who(cache), before);
  containers.onLearnt?.('b'.repeat(64), container);
  assert.equal(who(cache), before, 'that was another container');
  containers.onLearnt?.(id, container);
  assert.deepEqual(who(cache), { ...before, container });
  assert.equal(before.container, undefined);
});
