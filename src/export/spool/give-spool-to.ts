import { chownSync, lchownSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export interface SpoolOwner {
  readonly userId: number;
  readonly groupId: number;
}

/**
 * Makes the directory of a spool, if it is missing, and gives it to who will write there, with the spool in it.
 *
 * Only a directory that is ours and holds nothing but a spool is given away: others stay as they are. Where it cannot be
 * made or given, opening the spool says why.
 */
export function giveSpoolTo(directory: string, { userId, groupId }: SpoolOwner): void {
  const path = resolve(directory);
  try {
    const made = mkdirSync(path, { recursive: true, mode: 0o700 });
    const names = readdirSync(path);
    const { uid, mode } = statSync(path);
    const isOurs = uid === process.geteuid?.() && (mode & 0o022) === 0;
    if (!isOurs || names.some((name) => !name.startsWith('spool.'))) return;
    for (const name of names) lchownSync(join(path, name), userId, groupId);
    // Those that were made on the way to it, too: their mode lets only their owner through.
    for (let one = path; one.length >= (made ?? path).length; one = dirname(one)) chownSync(one, userId, groupId);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}
