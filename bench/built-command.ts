import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const pathOf = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** The command as it is installed: with the sources Node.js strips types, in memory and time of its own. */
export const BUILT: readonly [string, string] = [pathOf('build/node'), pathOf('dist/cli/main.js')];

/** Memory of a process in MiB: now, or the most it ever had. */
export function residentMib(pid: number, which: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${which}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024;
}
