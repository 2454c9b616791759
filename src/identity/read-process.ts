import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { parseCgroupPath } from './cgroup-path.ts';
import { parseProcCgroup } from './proc-cgroup.ts';
import { type ProcStat, parseProcStat } from './proc-stat.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** A process as it was while it was read. */
export interface ReadProcess extends ProcStat {
  readonly identity: ProcessIdentity;
}

/** An exec in the middle of a read is rare, two in a row are not to be expected. */
const ATTEMPTS = 3;

/**
 * Reads who the process of a folder of /proc is; `undefined` when it is gone, or execs again at every attempt.
 *
 * The start time and the program are read before and after the rest: when they are the same, all of it is of one
 * program of one process. Takes about 20 us.
 */
export function readProcess(folder: string): ReadProcess | undefined {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = readProcStat(folder);
    if (before === undefined) return undefined;
    const identity = readIdentity(folder);
    const after = readProcStat(folder);
    if (after !== undefined && isSameProgram(before, after)) return { ...after, identity };
  }
  return undefined;
}

/** Reads start time and program only, about 5 us; `undefined` when the process is gone. */
export function readProcStat(folder: string): ProcStat | undefined {
  const text = orUndefined(() => readFileSync(`${folder}/stat`, 'utf8'));
  return text === undefined ? undefined : parseProcStat(text);
}

export function isSameProgram(a: ProcStat, b: ProcStat): boolean {
  return a.startBootNs === b.startBootNs && a.image === b.image;
}

function readIdentity(folder: string): ProcessIdentity {
  // The kernel says so of an executable replaced while it runs, as package upgrades do.
  const executablePath = orUndefined(() => readlinkSync(`${folder}/exe`))?.replace(/ \(deleted\)$/, '');
  const cgroupPath = parseProcCgroup(orUndefined(() => readFileSync(`${folder}/cgroup`, 'utf8')) ?? '');
  const { containerId, podUid, runtime } = parseCgroupPath(cgroupPath ?? '');
  return {
    executableName: executablePath === undefined ? undefined : basename(executablePath),
    executablePath,
    cgroupPath,
    containerId,
    containerRuntime: runtime,
    podUid,
  };
}

/** Processes end while they are read, and some may not be read: neither may stop the tracing of the others. */
function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
