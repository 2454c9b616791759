import { closeSync, openSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { parseProcCgroup } from './proc-cgroup.ts';
import { type ProcStat, parseProcStat } from './proc-stat.ts';

/** What /proc says of a process while it runs. Each is `undefined` where it says nothing, or not to us. */
export interface ProcFacts {
  readonly stat: ProcStat;
  readonly executablePath: string | undefined;
  readonly cgroupPath: string | undefined;
  /** The arguments with blanks between them; `undefined` also where it was not asked for. */
  readonly commandLine: string | undefined;
}

/** An exec in the middle of a read is rare, two in a row are not to be expected. */
const ATTEMPTS = 3;

/** /proc/PID/stat is some fifty numbers and a name of at most 64 bytes. */
const statBytes = Buffer.allocUnsafeSlow(4096);

/**
 * Reads who the process of a folder of /proc is; `undefined` when it is gone, or execs again at every attempt.
 *
 * The start time and the program are read before and after the rest: when they are the same, all of it is of one
 * program of one process. Takes about 20 us.
 */
export function readProcess(folder: string, withCommandLine: boolean): ProcFacts | undefined {
  const descriptor = orUndefined(() => openSync(`${folder}/stat`, 'r'));
  if (descriptor === undefined) return undefined;
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = readProcStat(descriptor);
      if (before === undefined) return undefined;
      const facts = readFacts(folder, withCommandLine);
      const stat = readProcStat(descriptor);
      if (stat !== undefined && isSameProgram(before, stat)) return { stat, ...facts };
    }
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}

function readFacts(folder: string, withCommandLine: boolean): Omit<ProcFacts, 'stat'> {
  return {
    // The kernel says so of an executable replaced while it runs, as package upgrades do.
    executablePath: orUndefined(() => readlinkSync(`${folder}/exe`))?.replace(/ \(deleted\)$/, ''),
    cgroupPath: parseProcCgroup(orUndefined(() => readFileSync(`${folder}/cgroup`, 'utf8')) ?? ''),
    commandLine: withCommandLine ? readCommandLine(folder) : undefined,
  };
}

/** Empty for a kernel thread, and for a process whose main thread has ended. */
function readCommandLine(folder: string): string | undefined {
  const text = orUndefined(() => readFileSync(`${folder}/cmdline`, 'utf8')) ?? '';
  return text.replace(/\0+$/, '').replaceAll('\0', ' ') || undefined;
}

/** As it is now: each read from the beginning tells anew, and fails once the process is gone, whoever has its pid then. */
function readProcStat(descriptor: number): ProcStat | undefined {
  const bytes = orUndefined(() => readSync(descriptor, statBytes, 0, statBytes.length, 0));
  return bytes === undefined ? undefined : parseProcStat(statBytes.toString('utf8', 0, bytes));
}

function isSameProgram(a: ProcStat, b: ProcStat): boolean {
  return a.startBootNs === b.startBootNs && a.image === b.image;
}

/** Processes end while they are read, and some may not be read: neither may stop the tracing of the others. */
function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
