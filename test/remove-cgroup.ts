import { rmdirSync } from 'node:fs';
import { PATIENCE_MILLIS } from './in-time.ts';

const LOOK_MILLIS = 5;

/** The kernel lets go of a cgroup only some time after its last process was reaped. */
export function removeCgroup(folder: string): void {
  const deadline = performance.now() + PATIENCE_MILLIS;
  for (;;) {
    try {
      rmdirSync(folder);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return;
      if (code !== 'EBUSY' || performance.now() > deadline) throw error;
    }
    // So that it can be used where things are disposed of at once.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MILLIS);
  }
}
