import { closeSync, constants, openSync, readlinkSync } from 'node:fs';

/** The inode number of the network namespace whose file this is; `undefined` for another file. Throws what open(2) says. */
export function networkNamespaceOf(path: string): number | undefined {
  // A file that is no namespace may be one that waits when it is opened.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const [, inode] = /^net:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`)) ?? [];
    return inode === undefined ? undefined : Number(inode);
  } finally {
    closeSync(fd);
  }
}
