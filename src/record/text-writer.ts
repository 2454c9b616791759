/** Takes an ASCII text piece by piece, without a string being made of it. */
export interface TextWriter {
  ascii(text: string): TextWriter;
  /** In decimal; a whole number from 0 to 2^53. */
  decimal(value: number): TextWriter;
  /** An unsigned 64-bit number, by its halves, in decimal. */
  u64(low: number, high: number): TextWriter;
  /** The IPv4 address of the four bytes there. */
  ipv4(bytes: Uint8Array, at: number): TextWriter;
}
