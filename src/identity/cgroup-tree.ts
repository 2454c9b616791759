import { type Dirent, readdirSync, statSync } from 'node:fs';
import { cgroupMountPoint } from './cgroup-mount.ts';

/** The kernel removes no cgroup while it is looked for, but makes new ones: a miss is looked into at most this often. */
const SCAN_EVERY_MILLIS = 1000;
/** Of the tree; what is beyond has no path. */
const MOST_DIRECTORIES = 50_000;

/**
 * Paths of cgroups by their ids (cgroup v2), as /proc/PID/cgroup would give them: for processes that are gone, or whose
 * /proc cannot be read.
 *
 * A cgroup's id is the inode number of its directory. The tree is walked when an id is not known, at most once a second;
 * what was removed is remembered until the next walk.
 */
export class CgroupTree {
  readonly #mountPoint: string | undefined;
  readonly #now: () => number;
  #paths: ReadonlyMap<number, string> = new Map();
  #scanAt = Number.NEGATIVE_INFINITY;

  /** `mountPoint` is where cgroup v2 is mounted; default: where it is here, if anywhere. */
  constructor(mountPoint = cgroupMountPoint(), now: () => number = () => performance.now()) {
    this.#mountPoint = mountPoint;
    this.#now = now;
  }

  pathOf(cgroupNumber: number): string | undefined {
    if (!this.#paths.has(cgroupNumber)) this.#scan();
    return this.#paths.get(cgroupNumber);
  }

  #scan(): void {
    const now = this.#now();
    if (this.#mountPoint === undefined || now < this.#scanAt) return;
    this.#scanAt = now + SCAN_EVERY_MILLIS;
    this.#paths = new Map(walk(this.#mountPoint));
  }
}

function* walk(mountPoint: string): Generator<[number, string]> {
  const waiting = ['/'];
  for (let seen = 0; seen < MOST_DIRECTORIES; seen++) {
    const path = waiting.pop();
    if (path === undefined) return;
    const inode = inodeOf(mountPoint + path);
    if (inode !== undefined) yield [inode, path];
    for (const name of subdirectories(mountPoint + path)) waiting.push(path === '/' ? `/${name}` : `${path}/${name}`);
  }
}

/** Cgroups are removed while we walk. */
function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

function subdirectories(path: string): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
