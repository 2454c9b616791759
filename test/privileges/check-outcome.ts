import assert from 'node:assert/strict';
import type { Hook } from '../../src/kernel/binding.ts';
import { readLedgers } from '../collector/ledger-line.ts';
import type { PrivilegeCase } from './privilege-cases.ts';
import { ACCEPTS, type AfterDrop, type CaseOutcome } from './run-case.ts';

/** Perf events that a hook holds once no accept of the start is asleep any more. */
export const HELD_PERF_EVENTS: Readonly<Record<Hook, number>> = { fexit: 0, kretprobe: 1, syscall: 2 };

export function titleOf({ hook, isRestricted, capabilities, refusal }: PrivilegeCase): string {
  const where = isRestricted ? 'restricted' : 'tracefs mounted and perf events allowed';
  return `${hook}, ${where}, nobody with ${capabilities.join(' ') || 'nothing'}: ${refusal ? 'refused' : 'traces'}`;
}

export function assertOutcome({ refusal, knowsExecutables }: PrivilegeCase, outcome: CaseOutcome): void {
  const { code, stderr, rows } = outcome;
  if (refusal) {
    assert.match(stderr, refusal);
    assert.equal(code, 77, stderr);
    return;
  }
  assert.equal(code, 0, stderr);
  assert.equal(rows.length, ACCEPTS);
  for (const row of rows) {
    assert.equal(row['process.user.id'], 0);
    assert.equal('process.executable.path' in row, knowsExecutables);
  }
  for (const { drained, printed } of readLedgers(stderr).slice(-1))
    assert.deepEqual([drained, printed], [ACCEPTS, ACCEPTS]);
}

export function assertDropped(hook: Hook, { code, stderr, rows, threads, perfEvents, probesLeft }: AfterDrop): void {
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^otel-tcpaccept: going on as nobody: .* are unknown from here on$/m);
  assert.deepEqual(threads, [
    'Uid: 65534 65534 65534 65534; Gid: 65534 65534 65534 65534; Groups: 65534; CapPrm: 0000000000000000; CapEff: 0000000000000000',
  ]);
  assert.equal(perfEvents, HELD_PERF_EVENTS[hook]);
  assert.equal(rows.length, ACCEPTS);
  assert.ok(rows.every((row) => !('process.executable.path' in row)));
  const ledger = readLedgers(stderr).at(-1);
  assert.deepEqual([ledger?.submitted, ledger?.delivered, ledger?.missed], [ACCEPTS, ACCEPTS, 0]);
  assert.deepEqual(probesLeft, []);
}
