import { TcpAcceptError } from '../errors.ts';
import type { NativeBinding } from './binding.ts';
import { loadNative } from './native.ts';
import { parsed } from './pinned-settings.ts';

/** What was pinned, until now. */
export interface UnpinnedSession {
  /** `undefined` when a killed process had not finished pinning. */
  readonly hook: string | undefined;
  readonly links: number;
  /** In the ring, and gone with it. */
  readonly unreadRecords: number;
}

/** Ends the recording pinned in `directory` and takes it away. Throws `ERR_PIN`, or `ERR_PIN_HELD` while it is read. */
export function unpin(directory: string, native: NativeBinding = loadNative()): UnpinnedSession {
  try {
    const { settings, links, unreadRecords } = native.unpin(directory);
    return { hook: parsed(settings)['--hook'], links, unreadRecords };
  } catch (thrown) {
    throw TcpAcceptError.from(thrown);
  }
}
