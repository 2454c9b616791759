import { createRequire } from 'node:module';
import { TcpAcceptError } from '../errors.ts';
import type { NativeBinding } from './binding.ts';

const ADDON = '../../build/tcpaccept.node';

let loaded: NativeBinding | undefined;

/**
 * The addon, loaded on first use.
 *
 * Throws `ERR_PLATFORM` off Linux, `ERR_ADDON` when the addon is not there or does not fit this Node.
 */
export function loadNative(): NativeBinding {
  if (process.platform !== 'linux') {
    throw new TcpAcceptError('ERR_PLATFORM', `this is ${process.platform}: otel-tcpaccept traces Linux kernels only`);
  }
  try {
    loaded ??= createRequire(import.meta.url)(ADDON) as NativeBinding;
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new TcpAcceptError('ERR_ADDON', `the addon cannot be loaded (${reason}): build it with npm start`, { cause });
  }
  return loaded;
}
