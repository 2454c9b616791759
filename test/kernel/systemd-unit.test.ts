import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FOR_EXECUTABLES, HOOK_LIMITS } from '../../src/kernel/hook-limits.ts';
import { runCase } from '../privileges/run-case.ts';

const unit = readFileSync('otel-config/otel-tcpaccept.service', 'utf8');

function setting(name: string): string {
  return new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? assert.fail(name);
}

test('systemd finds nothing wrong with the unit', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'otel-tcpaccept-unit-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const verify = (text: string) => {
    const path = join(folder, 'otel-tcpaccept.service');
    writeFileSync(path, text);
    return spawnSync('systemd-analyze', ['verify', '--man=no', path], { encoding: 'utf8' });
  };
  // It looks for the command, which is installed nowhere here.
  const here = unit.replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`);
  const { status, stdout, stderr } = verify(here);
  assert.equal(`${stdout}${stderr}`, '');
  assert.equal(status, 0);
  assert.match(verify(here.replace('NoNewPrivileges=yes', 'NoNewPrivilege=yes')).stderr, /Unknown key/);
});

test('it has the least capabilities of fexit and syscall, and executables; with them alone it traces', async () => {
  const capabilities = [...HOOK_LIMITS.syscall.capabilities, FOR_EXECUTABLES];
  assert.deepEqual(HOOK_LIMITS.fexit.capabilities, HOOK_LIMITS.syscall.capabilities);
  assert.equal(setting('AmbientCapabilities'), capabilities.join(' '));
  assert.equal(setting('CapabilityBoundingSet'), capabilities.join(' '));
  const { code, rows, stderr } = await runCase({
    hook: 'syscall',
    isRestricted: false,
    capabilities,
    refusal: undefined,
    knowsExecutables: true,
  });
  assert.equal(code, 0, stderr);
  assert.ok(rows.length > 0 && rows.every((row) => 'process.executable.path' in row));
});
