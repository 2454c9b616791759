import { COMM_BYTES } from './record-layout.ts';

const utf8 = new TextDecoder();

/** The text of the `comm` at `at`. A process names itself in any bytes; what is not UTF-8 becomes U+FFFD. */
export function commText(bytes: Uint8Array, at: number): string {
  const end = bytes.indexOf(0, at);
  return utf8.decode(bytes.subarray(at, end < 0 || end > at + COMM_BYTES ? at + COMM_BYTES : end));
}
