const utf8 = new TextDecoder();

/** The text at `at`, up to a NUL or for `length` bytes. A process names itself in any bytes; what is not UTF-8 becomes U+FFFD. */
export function textAt(bytes: Uint8Array, at: number, length: number): string {
  const end = bytes.indexOf(0, at);
  return utf8.decode(bytes.subarray(at, end < 0 || end > at + length ? at + length : end));
}
