import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const OUTPUT = 'build/aarch64';
/** Debian 12's, which the addon is built on and the image of the Dockerfile runs on. */
const NEWEST_GLIBC = [2, 36] as const;

function outputOf(command: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd: PROJECT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

test('the programs and the addon are built for arm64 from here', () => {
  outputOf('make', '--no-print-directory', '-s', 'MACHINE=aarch64', `${OUTPUT}/tcpaccept.node`);
  const addon = outputOf('readelf', '--wide', '--file-header', '--dynamic', '--dyn-syms', `${OUTPUT}/tcpaccept.node`);
  assert.match(addon, /Type: +DYN /);
  assert.match(addon, /Machine: +AArch64\n/);
  const needed = [...addon.matchAll(/\(NEEDED\) +Shared library: \[(.+)\]/g)].map(([, name]) => name);
  assert.deepEqual(needed.sort(), ['libc.so.6', 'libelf.so.1', 'libz.so.1']);
  assert.match(addon, / GLOBAL +DEFAULT +\d+ napi_register_module_v1\n/);
  const programs = outputOf('readelf', '--wide', '--file-header', '--sections', `${OUTPUT}/accept.bpf.o`);
  assert.match(programs, /Machine: +Linux BPF\n/);
  for (const section of ['fexit/inet_csk_accept', 'kprobe', 'tp_btf/inet_sock_set_state', '.BTF.ext']) {
    assert.ok(programs.includes(` ${section} `), section);
  }
});

test('the arm64 addon asks for no newer glibc than Debian 12 has', () => {
  const versions = outputOf('readelf', '--wide', '--version-info', `${OUTPUT}/tcpaccept.node`);
  const wanted = [...versions.matchAll(/\bGLIBC_(\d+)\.(\d+)/g)].map(([, major, minor]) => [
    Number(major),
    Number(minor),
  ]);
  assert.ok(wanted.length > 0);
  const newer = wanted.filter(([major = 0, minor = 0]) => major !== NEWEST_GLIBC[0] || minor > NEWEST_GLIBC[1]);
  assert.deepEqual(newer, []);
});

test('what differs between the architectures is in the programs: they read other registers', () => {
  const fieldsOf = (file: string) => outputOf('bpftool', 'btf', 'dump', 'file', file, 'format', 'c');
  const [arm64, here] = [fieldsOf(`${OUTPUT}/accept.bpf.o`), fieldsOf('build/accept.bpf.o')];
  assert.match(arm64, /struct pt_regs \{[^}]*\borig_x0;/);
  if (process.arch === 'x64') assert.match(here, /struct pt_regs \{[^}]*\borig_ax;/);
});
