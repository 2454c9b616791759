import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeCgroup } from '../remove-cgroup.ts';

/** Where the host mounts cgroup v2, alone or beside v1. */
function mountPoint(): string {
  const mount = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, , type]) => type === 'cgroup2');
  if (!mount?.[1]) throw new Error('cgroup v2 is not mounted');
  return mount[1];
}

function idOf(path: string): bigint {
  return statSync(path, { bigint: true }).ino;
}

/** The id of the cgroup v2 a process is in: its directory's inode number. */
export function cgroupIdOf(pid: number): bigint {
  const [, path = '/'] = /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8')) ?? [];
  return idOf(join(mountPoint(), path));
}

/** A fresh cgroup v2; its processes must have ended before it is disposed of. */
export class TemporaryCgroup {
  readonly #path = mkdtempSync(join(mountPoint(), 'tcpaccept-test-'));
  readonly id = idOf(this.#path);

  add(pid: number): void {
    writeFileSync(join(this.#path, 'cgroup.procs'), String(pid));
  }

  [Symbol.dispose](): void {
    removeCgroup(this.#path);
  }
}
