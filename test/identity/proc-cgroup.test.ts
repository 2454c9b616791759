import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseProcCgroup } from '../../src/identity/proc-cgroup.ts';

const ROWS: [name: string, text: string, path: string | undefined][] = [
  ['v2', '0::/system.slice/nginx.service\n', '/system.slice/nginx.service'],
  ['v2, the root', '0::/\n', '/'],
  ['v2, a path with colons', '0::/kubepods-pod1.slice:cri-containerd:ab\n', '/kubepods-pod1.slice:cri-containerd:ab'],
  ['v2, a cgroup already removed', '0::/a/b (deleted)\n', '/a/b'],
  ['v1', '12:pids:/p\n4:memory:/m\n1:name=systemd:/s\n', '/s'],
  ['v1 without systemd', '4:memory:/m\n2:cpu,cpuacct:/c\n', '/m'],
  ['hybrid, v2 in use', '4:memory:/m\n1:name=systemd:/s\n0::/unified\n', '/unified'],
  ['hybrid, v2 at its root', '4:memory:/m\n1:name=systemd:/s\n0::/\n', '/s'],
  ['hybrid, systemd at its root too', '9:name=systemd:/\n4:memory:/m\n1:cpu:/\n0::/\n', '/m'],
  ['hybrid, all at the root', '4:memory:/\n1:name=systemd:/\n0::/\n', '/'],
  ['no lines', '', undefined],
];

for (const [name, text, path] of ROWS) {
  test(`/proc/PID/cgroup: ${name}`, () => assert.equal(parseProcCgroup(text), path));
}
