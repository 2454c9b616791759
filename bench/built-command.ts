import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
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

/** CPU of the threads a process has now, the kernel's for them included, to the nanosecond; /proc/PID/stat has ticks of 10 ms. */
export function cpuMicros(pid: number): number {
  const nanos = readdirSync(`/proc/${pid}/task`).map((tid) =>
    Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanos.reduce((sum, ran) => sum + ran, 0) / 1000;
}

/** Accepts that the endpoint was told of, in records or in summaries, or will be from the spool. */
export function toldAccepts(ledger: LedgerCounts): number {
  const { drained, summarized, rejected_accepts, dropped_accepts, evicted_accepts } = ledger;
  return drained + summarized - rejected_accepts - dropped_accepts - evicted_accepts;
}
