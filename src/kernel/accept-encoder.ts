import type { NativeAcceptEncoder, NativeBinding } from './binding.ts';
import { loadNative } from './native.ts';
import { SHARED_WORDS } from './shared-fields.ts';

/** What encodes the kernel's records where they lie; plans are for records with the same `SharedFields`. */
export function openAcceptEncoder(native: Pick<NativeBinding, 'AcceptEncoder'> = loadNative()): NativeAcceptEncoder {
  return new native.AcceptEncoder(Uint32Array.from(SHARED_WORDS));
}
