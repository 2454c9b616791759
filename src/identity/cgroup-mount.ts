import { readFileSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** CGROUP2_SUPER_MAGIC of include/uapi/linux/magic.h. */
const CGROUP2_MAGIC = 0x63677270;

/** Where cgroup v2 is mounted, alone or beside v1; `undefined` where it is not. */
export function cgroupMountPoint(mounts = readFileSync('/proc/self/mounts', 'utf8')): string | undefined {
  const [, mountPoint] = /^\S+ (\S+) cgroup2 /m.exec(mounts) ?? [];
  // The kernel writes blanks and backslashes as octal numbers.
  return mountPoint?.replace(/\\(\d{3})/g, (_all, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** The directory a path stands for: its own, or of a cgroup as /proc/PID/cgroup names it; `undefined`: of none. */
export function cgroupDirectory(path: string, mountPoint: string): string | undefined {
  return [path, join(mountPoint, path)].find(isCgroupDirectory);
}

function isCgroupDirectory(path: string): boolean {
  try {
    return statfsSync(path).type === CGROUP2_MAGIC && statSync(path).isDirectory();
  } catch {
    return false;
  }
}
