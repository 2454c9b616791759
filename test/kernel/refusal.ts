import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Finding } from '../../src/cli/doctor/check.ts';
import type { Hook } from '../../src/kernel/binding.ts';
import { PATIENCE_MILLIS } from '../in-time.ts';
import type { Deprived } from './deprived.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface CommandOutcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Traces for a moment with this hook, as `deprived` says. */
export function traceDeprived({ wrapper }: Deprived, hook: Hook | 'auto'): Promise<CommandOutcome> {
  return run([...wrapper, process.execPath, MAIN, '--hook', hook, '--duration', '0.1']);
}

export function doctorDeprived({ wrapper }: Deprived): Promise<CommandOutcome> {
  return run([...wrapper, process.execPath, MAIN, 'doctor', '--json']);
}

async function run([command = '', ...args]: readonly string[]): Promise<CommandOutcome> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: PATIENCE_MILLIS });
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [exitCode] = await closed;
  return { exitCode, stdout, stderr };
}

/** A refusal is its one line on stderr and exit 77: no table, no stack. */
export function assertTraceSays({ code, sentence }: Deprived, { exitCode, stdout, stderr }: CommandOutcome): void {
  assert.match(stderr, sentence);
  assert.deepEqual([exitCode, stdout, stderr.match(/\n/g)?.length], [77, '', 1], stderr);
  assert.ok(stderr.endsWith(` (${code})\n`), stderr);
}

const NAMED_BY = {
  ERR_BPF_NO_BTF: 'btf',
  ERR_BPF_LOCKDOWN: 'lockdown',
  ERR_BPF_PERMISSION: 'capabilities',
} as const;

/** What `doctor` says of `hooks`, and of what is missing before any hook is tried. */
export function assertDoctorSays(deprived: Deprived, hooks: readonly Hook[], outcome: CommandOutcome): void {
  const { code, sentence } = deprived;
  const { findings }: { findings: Finding[] } = JSON.parse(outcome.stdout);
  const failed = findings.filter(({ status, name }) => status === 'fail' && name !== 'hook').map(({ name }) => name);
  assert.deepEqual([outcome.exitCode, failed, outcome.stderr], [77, [NAMED_BY[code]], '']);
  for (const hook of hooks) {
    const detail = findings.find(({ name }) => name === `hook ${hook}`)?.detail ?? '';
    assert.match(detail, sentence);
    assert.ok(detail.endsWith(` (${code})`), detail);
  }
}
