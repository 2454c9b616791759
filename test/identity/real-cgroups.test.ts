import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseProcStat } from '../../src/identity/proc-stat.ts';
import { ProcessCache } from '../../src/identity/process-cache.ts';
import { removeCgroup } from '../remove-cgroup.ts';
import { acceptOf } from './accept.ts';
import { bootNs } from './boot-clock.ts';

const CONTAINER_ID = '5ac0'.repeat(16);
const POD_UID = '0f3a9c52-7d41-4be8-a6f0-1122334455aa';
const POD_FOLDER = `kubepods-burstable-pod${POD_UID.replaceAll('-', '_')}.slice`;
const LEVELS = ['kubepods.slice', 'kubepods-burstable.slice', POD_FOLDER, `cri-containerd-${CONTAINER_ID}.scope`];

const [, cgroup2Mount] = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/mounts', 'utf8')) ?? [];

function missing(): string | false {
  if (process.getuid?.() !== 0) return 'making cgroups needs root';
  return cgroup2Mount === undefined && 'no cgroup2 file system is mounted';
}

test('a process moved into a cgroup named as containerd names them', { skip: missing() }, async () => {
  const root = join(cgroup2Mount ?? '', `tcpaccept-test-${process.pid}`);
  const folders = [root, ...LEVELS.map((_, i) => join(root, ...LEVELS.slice(0, i + 1)))];
  const container = folders.at(-1) ?? '';
  const cache = new ProcessCache();
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  try {
    for (const folder of folders) mkdirSync(folder);
    const { startBootNs = 0n } = parseProcStat(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? {};
    const facts = { pid, acceptedBootNs: bootNs(), startBootNs, executableName: 'sleep' };
    const outside = cache.identify(acceptOf({ ...facts, cgroupId: 1n }));
    assert.ok(outside);
    assert.equal(outside.containerId, undefined);

    writeFileSync(join(container, 'cgroup.procs'), String(pid));
    // The kernel's id of a version 2 cgroup is the inode number of its folder.
    const cgroupId = statSync(container, { bigint: true }).ino;
    const inside = cache.identify(acceptOf({ ...facts, cgroupId }));
    assert.ok(inside);
    assert.equal(inside.cgroupPath?.split(`/tcpaccept-test-${process.pid}/`)[1], LEVELS.join('/'));
    assert.equal(inside.containerId, CONTAINER_ID);
    assert.equal(inside.podUid, POD_UID);
    assert.equal(inside.containerRuntime, 'containerd');
    assert.equal(inside.executableName, 'sleep');
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
    for (const folder of folders.reverse()) removeCgroup(folder);
  }
});
