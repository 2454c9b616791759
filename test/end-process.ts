import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { inTime } from './in-time.ts';

/** Resolves once the process has ended, also where it had before: its end is told only once. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await inTime(once(child, 'exit'), `${child.spawnfile} ended`);
}

/** Resolves once the signal, or what came before it, has ended the process. */
export async function kill(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  child.kill(signal);
  await ended(child);
}
