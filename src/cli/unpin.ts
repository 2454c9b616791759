import type { Config } from '../config.ts';
import { EXIT, TcpAcceptError } from '../errors.ts';
import { unpin as unpinSession } from '../kernel/unpin.ts';

/** Ends what is pinned, and says on stdout what it was; throws `ERR_PIN` when nothing of ours is there. */
export function unpin({ pinDirectory }: Config): number {
  if (pinDirectory === undefined) throw new TcpAcceptError('ERR_USAGE', 'unpin takes the directory of --pin');
  const { hook, links, unreadRecords } = unpinSession(pinDirectory);
  const what = hook
    ? `hook=${hook}, ${links} programs, ${unreadRecords} records nobody had read`
    : 'what a killed start had not finished';
  process.stdout.write(`unpinned ${pinDirectory}: ${what}\n`);
  return EXIT.done;
}
