/** Runs in a guest: writes into /results/facts.json what the tests of guests rely on. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';

const paths = [
  '/sys/kernel/tracing/kprobe_events',
  '/sys/kernel/tracing/events/syscalls/sys_exit_accept4/id',
  '/sys/kernel/debug/tracing',
  '/sys/kernel/btf/vmlinux',
  '/sys/fs/cgroup/cgroup.controllers',
  '/proc/sys/net/mptcp/enabled',
  '/dev/pts/ptmx',
  '/dev/shm',
];
const addresses: unknown = JSON.parse(execFileSync('ip', ['-json', 'address', 'show', 'lo'], { encoding: 'utf8' }));
const facts = {
  release: release(),
  missing: paths.filter((path) => !existsSync(path)),
  bpffsMagic: statfsSync('/sys/fs/bpf').type.toString(16),
  modules: readFileSync('/proc/modules', 'utf8').match(/^\S+/gm) ?? [],
  loopback: JSON.stringify(addresses).match(/(?<="local":")[^"]+/g) ?? [],
  lsm: readFileSync('/sys/kernel/security/lsm', 'utf8'),
};
writeFileSync('/results/facts.json', JSON.stringify(facts));
