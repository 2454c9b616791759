import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkBtf,
  checkCapabilities,
  checkKernel,
  checkLockdown,
  checkTracefs,
  type ReadText,
  readText,
} from '../../../src/cli/doctor/host-checks.ts';

/** A host with these files and no others. */
function host(files: Readonly<Record<string, string>>): ReadText {
  return (path) => files[path];
}

const NOTHING = host({});

for (const [release, status] of [
  ['6.18.44-fc-v595', 'ok'],
  ['5.15.0-91-generic', 'ok'],
  ['5.15', 'ok'],
  ['10.0.1', 'ok'],
  ['6.1-rc3', 'ok'],
  ['5.14.21-150500.53-default', 'fail'],
  ['4.19.0-26-amd64', 'fail'],
] as const) {
  test(`kernel ${release}: ${status}`, () => {
    const finding = checkKernel(release);
    assert.equal(finding.name, 'kernel');
    assert.equal(finding.status, status);
    assert.ok(finding.detail.startsWith(`Linux ${release} `));
    assert.deepEqual(
      [finding.mend, finding.unsupported],
      status === 'ok' ? [undefined, undefined] : ['run Linux 5.15 or later', true],
    );
  });
}

test('BTF: there or not', () => {
  assert.deepEqual(checkBtf(host({ '/sys/kernel/btf/vmlinux': '\x9f\xeb' })), {
    name: 'btf',
    status: 'ok',
    detail: '/sys/kernel/btf/vmlinux',
  });
  const { status, unsupported, mend } = checkBtf(NOTHING);
  assert.deepEqual([status, unsupported], ['fail', true]);
  assert.match(mend ?? '', /CONFIG_DEBUG_INFO_BTF/);
});

for (const [text, status, detail] of [
  ['[none] integrity confidentiality\n', 'ok', 'none'],
  ['none [integrity] confidentiality\n', 'ok', 'integrity'],
  ['none integrity [confidentiality]\n', 'fail', 'confidentiality'],
] as const) {
  test(`lockdown ${detail}: ${status}`, () => {
    const finding = checkLockdown(host({ '/sys/kernel/security/lockdown': text }));
    assert.deepEqual([finding.name, finding.status, finding.detail], ['lockdown', status, detail]);
    assert.equal(finding.unsupported, status === 'fail' || undefined);
  });
}

test('a kernel without lockdown is not locked down', () => {
  assert.deepEqual(checkLockdown(NOTHING), { name: 'lockdown', status: 'ok', detail: 'not in this kernel' });
});

const BPF = 1n << 39n;
const PERFMON = 1n << 38n;
const SYS_ADMIN = 1n << 21n;

function withCapabilities(set: bigint): ReadText {
  const text = set.toString(16).padStart(16, '0');
  const others = `CapInh:\t0000000000000000\nCapPrm:\t000001ffffffffff\nCapEff:\t${text}\nCapBnd:\t000001ffffffffff\n`;
  return host({ '/proc/self/status': `Name:\tnode\n${others}` });
}

for (const [set, missing] of [
  [0x1ffffffffffn, []],
  [BPF | PERFMON | SYS_ADMIN, []],
  [SYS_ADMIN, []],
  [BPF | PERFMON, []],
  [PERFMON, ['CAP_BPF']],
  [BPF, ['CAP_PERFMON']],
  [0n, ['CAP_BPF', 'CAP_PERFMON']],
] as const) {
  test(`effective capabilities ${set.toString(16)}: missing ${missing.join(', ') || 'none'}`, () => {
    const finding = checkCapabilities(withCapabilities(set));
    if (missing.length === 0) {
      assert.deepEqual(finding, { name: 'capabilities', status: 'ok', detail: 'CAP_BPF, CAP_PERFMON' });
      return;
    }
    assert.deepEqual(
      [finding.status, finding.detail, finding.unsupported],
      ['fail', `missing ${missing.join(', ')}`, true],
    );
    assert.match(finding.mend ?? '', /sudo/);
  });
}

test('every capability of a user namespace is none', () => {
  const inside = host({ '/proc/self/uid_map': '         0       1000          1\n' });
  const finding = checkCapabilities((path) => inside(path) ?? withCapabilities(0x1ffffffffffn)(path));
  assert.deepEqual([finding.status, finding.unsupported], ['fail', true]);
  const initial = host({ '/proc/self/uid_map': '         0          0 4294967295\n' });
  assert.equal(checkCapabilities((path) => initial(path) ?? withCapabilities(SYS_ADMIN)(path)).status, 'ok');
});

test('a /proc that cannot be read shows no capabilities', () => {
  assert.equal(checkCapabilities(NOTHING).status, 'fail');
});

test('tracefs: mounted, only in the kernel, or not at all', () => {
  const filesystems = 'nodev\tsysfs\nnodev\ttracefs\n\text4\n';
  const mounts = '/dev/vda / ext4 rw 0 0\ntracefs /sys/kernel/tracing tracefs rw,nosuid 0 0\n';
  const mounted = checkTracefs(host({ '/proc/filesystems': filesystems, '/proc/self/mounts': mounts }));
  assert.deepEqual(
    [mounted.status, mounted.detail],
    ['ok', 'mounted at /sys/kernel/tracing; with CAP_SYS_ADMIN a mount of our own is used'],
  );
  const unmounted = checkTracefs(
    host({ '/proc/filesystems': filesystems, '/proc/self/mounts': '/dev/vda / ext4 rw 0 0\n' }),
  );
  assert.equal(unmounted.status, 'ok');
  assert.match(unmounted.detail, /^not mounted; /);
  const missing = checkTracefs(host({ '/proc/filesystems': 'nodev\tsysfs\n\text4\n' }));
  assert.deepEqual([missing.status, missing.detail], ['warn', 'not in this kernel']);
  assert.notEqual(missing.mend, undefined);
});

test('a file that cannot be read is undefined, not an error', () => {
  assert.equal(readText('/nonexistent'), undefined);
  assert.match(readText('/proc/self/status') ?? '', /^CapEff:/m);
});
