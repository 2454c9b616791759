import { readlinkSync } from 'node:fs';

/** The inode number that every kernel gives its initial pid namespace (PROC_PID_INIT_INO, 0xeffffffc). */
const INITIAL_PID_NAMESPACE = 'pid:[4026531836]';

/**
 * Whether the folders of a /proc are named by the pids of the initial pid namespace, which are the kernel records'.
 *
 * Its process 1 tells; where that may not be read, our own process does. In a container without the host's pid
 * namespace the answer is no: the same number is another process there.
 */
export function hasInitialPids(procRoot = '/proc'): boolean {
  for (const process of ['1', 'self']) {
    try {
      return readlinkSync(`${procRoot}/${process}/ns/pid`) === INITIAL_PID_NAMESPACE;
    } catch {
      // Not permitted, or hidden: ask the next.
    }
  }
  return false;
}
