import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { cgroupDirectory, cgroupMountPoint } from '../../src/identity/cgroup-mount.ts';

const TABLES: readonly (readonly [what: string, mounts: string, mountPoint: string | undefined])[] = [
  ['v2 alone', 'proc /proc proc rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw,nsdelegate 0 0\n', '/sys/fs/cgroup'],
  [
    'v2 beside v1',
    'cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n',
    '/sys/fs/cgroup/unified',
  ],
  ['v1 alone', 'cgroup2 /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\ntmpfs /cgroup2 tmpfs rw 0 0\n', undefined],
  ['a mount point with a blank and a backslash', 'none /a\\040b\\134c cgroup2 rw 0 0\n', '/a b\\c'],
];

for (const [what, mounts, mountPoint] of TABLES) {
  test(`the mount point of cgroup v2: ${what}`, () => assert.equal(cgroupMountPoint(mounts), mountPoint));
}

test('a directory of another file system is no cgroup', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tcpaccept-cgroup-'));
  t.after(() => rmSync(folder, { recursive: true }));
  assert.equal(cgroupDirectory(folder, '/'), undefined);
  assert.equal(cgroupDirectory('/', folder), undefined);
});
