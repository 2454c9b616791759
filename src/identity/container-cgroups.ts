import { type Dirent, readdirSync } from 'node:fs';
import { parseCgroupPath } from './cgroup-path.ts';

/**
 * The containers that have cgroups below a mount point of cgroup v2: by id the paths of their directories, of each only
 * the topmost. A container inside another has a directory of its own.
 */
export function containerCgroups(mountPoint: string): ReadonlyMap<string, readonly string[]> {
  const directories = new Map<string, string[]>();
  const visit = (path: string, outerId: string | undefined) => {
    const { containerId } = parseCgroupPath(path);
    if (containerId !== undefined && containerId !== outerId) {
      directories.set(containerId, [...(directories.get(containerId) ?? []), mountPoint + path]);
    }
    for (const name of subdirectories(mountPoint + path)) visit(`${path}/${name}`, containerId);
  };
  visit('', undefined);
  return directories;
}

/** Cgroups are removed while we read. */
function subdirectories(path: string): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
