import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProcessCache } from '../../src/identity/process-cache.ts';
import { acceptOf } from './accept.ts';
import { FakeProc } from './fake-proc.ts';

const PID = 4242;
/** Boot time in seconds, for short; a process's start is in ticks of 10 ms. */
const s = (seconds: number) => BigInt(Math.round(seconds * 1e9));
const startingAt = (seconds: number, executable: string) => ({ startTicks: seconds * 100, executable });

/** Who the cache says accepted at `at`, in a batch read at `readAt`. */
function who(cache: ProcessCache, at: number, readAt = at, { pid = PID, cgroupId = 1n } = {}): string | undefined {
  return cache.identify(acceptOf({ pid, acceptedBootNs: s(at), observedBootNs: s(readAt), cgroupId }))?.executablePath;
}

test('one look serves every accept of the pid up to the time the batch was read', () => {
  using proc = new FakeProc();
  const cache = new ProcessCache({ procRoot: proc.root });
  proc.set(PID, startingAt(10, '/usr/bin/web'));
  const first = cache.identify(acceptOf({ pid: PID, acceptedBootNs: s(20), observedBootNs: s(21) }));
  assert.equal(first?.executablePath, '/usr/bin/web');
  assert.equal(first?.executableName, 'web');

  proc.remove(PID);
  assert.equal(cache.identify(acceptOf({ pid: PID, acceptedBootNs: s(21), observedBootNs: s(21) })), first);
  assert.equal(who(cache, 21.001), undefined, 'a later accept needs a new look, and the process is gone');
});

test('a look that finds the same program gives the same object', () => {
  using proc = new FakeProc();
  const cache = new ProcessCache({ procRoot: proc.root });
  proc.set(PID, startingAt(10, '/usr/bin/web'));
  const first = cache.identify(acceptOf({ pid: PID, acceptedBootNs: s(20) }));
  assert.ok(first);
  assert.equal(cache.identify(acceptOf({ pid: PID, acceptedBootNs: s(30) })), first);
});

test('a reused pid never gets the facts of the process before it, nor the other way round', () => {
  using proc = new FakeProc();
  const cache = new ProcessCache({ procRoot: proc.root });
  proc.set(PID, startingAt(10, '/usr/bin/old'));
  assert.equal(who(cache, 20), '/usr/bin/old');

  proc.set(PID, startingAt(20.5, '/usr/bin/new'));
  assert.equal(who(cache, 20.4, 21), undefined, "the old one's last accept: nobody is left to ask");
  assert.equal(who(cache, 20.6, 21), '/usr/bin/new');
  assert.equal(who(cache, 20.4, 21), undefined, 'also when the new one is known');
  assert.equal(who(cache, 19, 21), undefined);
});

test('a process that started after the accept is not the one that accepted', () => {
  using proc = new FakeProc();
  proc.set(PID, startingAt(30, '/usr/bin/new'));
  assert.equal(who(new ProcessCache({ procRoot: proc.root }), 29.99, 40), undefined);
  assert.equal(who(new ProcessCache({ procRoot: proc.root }), 30, 40), '/usr/bin/new');
});

test('that a process is gone is remembered for the batch, not beyond', () => {
  using proc = new FakeProc();
  const cache = new ProcessCache({ procRoot: proc.root });
  assert.equal(who(cache, 20, 21), undefined);
  proc.set(PID, startingAt(10, '/usr/bin/web'));
  assert.equal(who(cache, 21, 21), undefined);
  assert.equal(who(cache, 21.5), '/usr/bin/web');
});

test('an exec shows at the next look, under the same name as well', () => {
  using proc = new FakeProc();
  const cache = new ProcessCache({ procRoot: proc.root });
  proc.set(PID, { executable: '/bin/sh', comm: 'sh', startStack: '1' });
  assert.equal(who(cache, 20), '/bin/sh');
  proc.set(PID, { executable: '/usr/bin/web', comm: 'web', startStack: '2' });
  assert.equal(who(cache, 21), '/usr/bin/web');
  proc.set(PID, { executable: '/opt/web', comm: 'web', startStack: '3' });
  assert.equal(who(cache, 22), '/opt/web');
});

test('a record of another cgroup has the facts read anew', () => {
  using proc = new FakeProc();
  const cache = new ProcessCache({ procRoot: proc.root });
  const cgroupPath = (cgroupId: bigint) =>
    cache.identify(acceptOf({ pid: PID, acceptedBootNs: s(20), cgroupId }))?.cgroupPath;
  proc.set(PID, { cgroup: '0::/init.scope\n' });
  assert.equal(cgroupPath(1n), '/init.scope');
  proc.set(PID, { cgroup: '0::/docker/web\n' });
  assert.equal(cgroupPath(1n), '/init.scope');
  assert.equal(cgroupPath(77n), '/docker/web');
});

test('what cannot be read of a process is undefined, the rest is there', () => {
  using proc = new FakeProc();
  const cache = new ProcessCache({ procRoot: proc.root });
  proc.set(PID, { cgroup: '0::/kthreads\n' });
  assert.deepEqual(cache.identify(acceptOf({ pid: PID, acceptedBootNs: s(20) })), {
    executableName: undefined,
    executablePath: undefined,
    cgroupPath: '/kthreads',
    containerId: undefined,
    containerRuntime: undefined,
    podUid: undefined,
  });
});

test('an executable replaced while it runs keeps its path', () => {
  using proc = new FakeProc();
  proc.set(PID, { executable: '/usr/bin/web (deleted)' });
  assert.equal(who(new ProcessCache({ procRoot: proc.root }), 20), '/usr/bin/web');
});

test('at capacity the process looked at longest ago is forgotten', () => {
  using proc = new FakeProc();
  const cache = new ProcessCache({ procRoot: proc.root, capacity: 2 });
  const known = (pid: number) => who(cache, 20, 30, { pid }) !== undefined;
  for (const pid of [101, 102, 103]) proc.set(pid, { executable: `/bin/${pid}` });
  assert.ok(known(101) && known(102));
  assert.equal(who(cache, 31, 31, { pid: 101 }), '/bin/101');
  assert.ok(known(103));

  for (const pid of [101, 102, 103]) proc.remove(pid);
  assert.ok(known(101) && known(103), 'what is remembered needs no file');
  assert.ok(!known(102));
});

test('a /proc of another pid namespace is never asked', () => {
  using proc = new FakeProc(4026532999);
  proc.set(PID, startingAt(10, '/usr/bin/someone-else'));
  proc.set('self', startingAt(10, '/usr/bin/node'));
  const cache = new ProcessCache({ procRoot: proc.root });
  assert.equal(cache.usable, false);
  assert.equal(who(cache, 20), undefined);

  const own = new ProcessCache({ procRoot: proc.root, ownProcess: true });
  assert.equal(own.usable, true);
  assert.equal(who(own, 20), '/usr/bin/node', 'our own process is found under any pid');
});
