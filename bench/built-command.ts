import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { LedgerCounts } from '../src/ledger.ts';

const pathOf = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** The command as it is installed: with the sources Node.js strips types, in memory and time of its own. */
export const BUILT: readonly [string, ...string[]] = [
  pathOf('build/node'),
  '--max-semi-space-size=8',
  pathOf('dist/cli/main.js'),
];

/** Memory of a process in MiB: now, or the most it ever had. */
export function residentMib(pid: number, which: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${which}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024;
}

/** From now on the most it had is counted anew: the start takes more than what follows (proc_pid_clear_refs(5)). */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** USER_HZ on x86_64 and arm64. */
const TICK_MICROS = 10_000;

/** CPU that a process has had, its threads' and the kernel's for it: whole ticks of 10 ms. */
export function cpuMicros(pid: number): number {
  const [, facts = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const [user, system] = facts.split(' ').slice(11, 13).map(Number);
  return ((user ?? Number.NaN) + (system ?? Number.NaN)) * TICK_MICROS;
}

/** Accepts that the endpoint was told of, in records or in summaries, or will be from the spool. */
export function toldAccepts(ledger: LedgerCounts): number {
  const { drained, summarized, rejected_accepts, dropped_accepts, evicted_accepts } = ledger;
  return drained + summarized - rejected_accepts - dropped_accepts - evicted_accepts;
}
