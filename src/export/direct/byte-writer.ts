import type { TextWriter } from '../../record/text-writer.ts';

const FIRST_CAPACITY = 256;
/** What one of the short writes takes at most: the digits of a u64. Copying so few one by one costs less than a call. */
const SHORT = 20;
/** Requests that may be under way at once, and as many that wait: 4 MiB of the largest. */
const MOST_SPARES = 8;
const ZERO = 0x30;
const DOT = 0x2e;
const TWO_TO_32 = 2 ** 32;

const utf8 = new TextEncoder();

/** The text of every byte: three characters, and how many of them count. */
const DIGITS = digitsOfBytes();

/** Bytes in the making: protobuf's primitives and text, in a buffer that grows and is used again. */
export class ByteWriter implements TextWriter {
  /** Where the next byte goes; may be set back. */
  length = 0;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(FIRST_CAPACITY);
  #data = new DataView(this.#bytes.buffer);
  /** What was handed over whole and not copied; what is never taken back is forgotten. */
  readonly #lent = new WeakSet<ArrayBuffer>();
  readonly #spares: Uint8Array<ArrayBuffer>[] = [];

  /** A copy of the bytes. */
  slice(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.length);
  }

  /** The bytes from `start`, which are no longer the writer's: what is written next is written elsewhere. */
  handOver(start: number): Uint8Array<ArrayBuffer> {
    // A copy does not keep unused bytes in memory as long as it waits: a queue counts only those that are used.
    if (8 * (this.length - start) < 7 * this.#bytes.length) return this.#bytes.slice(start, this.length);
    const bytes = this.#bytes.subarray(start, this.length);
    this.#lent.add(this.#bytes.buffer);
    this.#use(this.#spares.pop() ?? new Uint8Array(this.#bytes.length));
    return bytes;
  }

  /** Takes back what `handOver` gave, which nobody reads any more: new memory costs more than what is written to it. */
  takeBack({ buffer }: Uint8Array): void {
    if (!(buffer instanceof ArrayBuffer) || !this.#lent.delete(buffer)) return;
    const isWanted = buffer.byteLength === this.#bytes.length && this.#spares.length < MOST_SPARES;
    if (isWanted) this.#spares.push(new Uint8Array(buffer));
  }

  /** Writes over the byte at `at`. */
  putByte(value: number, at: number): void {
    this.#bytes[at] = value;
  }

  /** Writes over the eight bytes at `at`. */
  putFixed64(value: bigint, at: number): void {
    this.#data.setBigUint64(at, value, true);
  }

  /** Copies `values` to `at`, over what is there. */
  put(values: Uint8Array, at: number): void {
    this.#bytes.set(values, at);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.length++] = value;
  }

  bytes(values: Uint8Array): void {
    const { length } = values;
    this.#reserve(length);
    if (length > SHORT) {
      this.#bytes.set(values, this.length);
    } else {
      const bytes = this.#bytes;
      const at = this.length;
      for (let i = 0; i < length; i++) bytes[at + i] = values[i] ?? 0;
    }
    this.length += length;
  }

  /** A whole number from 0 to 2^32 - 1. */
  varint(value: number): void {
    this.#reserve(5);
    const bytes = this.#bytes;
    let at = this.length;
    let rest = value;
    while (rest > 127) {
      bytes[at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.length = at;
  }

  /** As protobuf's int64. */
  varint64(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    for (; rest > 127n; rest >>= 7n) this.byte(Number(rest & 127n) | 128);
    this.byte(Number(rest));
  }

  double(value: number): void {
    this.#reserve(8);
    this.#data.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** Moves what was written since `start` away to leave `bytes` more there, or fewer. */
  shift(start: number, bytes: number): void {
    this.#reserve(Math.max(bytes, 0));
    this.#bytes.copyWithin(start + bytes, start, this.length);
    this.length += bytes;
  }

  ascii(text: string): this {
    const { length } = text;
    this.#reserve(length);
    const bytes = this.#bytes;
    const at = this.length;
    for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i);
    this.length = at + length;
    return this;
  }

  /** A text of any characters, its length before it. */
  text(text: string): void {
    const textBytes = this.textBytes(text);
    this.varint(textBytes);
    this.textOf(text, textBytes);
  }

  /** A text of any characters, without its length. */
  rawText(text: string): void {
    this.textOf(text, this.textBytes(text));
  }

  /** How long a text is in UTF-8. */
  textBytes(text: string): number {
    return isAscii(text) ? text.length : Buffer.byteLength(text);
  }

  /** A text of any characters, `textBytes` long; half of a character beyond U+FFFF is U+FFFD, as anywhere. */
  textOf(text: string, textBytes: number): void {
    if (textBytes === text.length) this.ascii(text);
    else this.bytes(utf8.encode(text));
  }

  decimal(value: number): this {
    this.#reserve(SHORT);
    if (value < 1e9) this.#digits(value | 0, digitCount(value | 0));
    else this.#large(value);
    return this;
  }

  u64(low: number, high: number): this {
    if (high === 0) return this.decimal(low);
    // Above 2^53 a number is not exact.
    if (high < TWO_TO_32 >>> 11) return this.decimal(high * TWO_TO_32 + low);
    return this.ascii(((BigInt(high) << 32n) | BigInt(low)).toString());
  }

  ipv4(bytes: Uint8Array, at: number): this {
    this.#reserve(SHORT);
    const to = this.#bytes;
    let end = this.length;
    for (let i = 0; i < 4; i++) {
      const digits = (bytes[at + i] ?? 0) * 4;
      to[end] = DIGITS[digits] ?? 0;
      to[end + 1] = DIGITS[digits + 1] ?? 0;
      to[end + 2] = DIGITS[digits + 2] ?? 0;
      end += DIGITS[digits + 3] ?? 0;
      to[end++] = DOT;
    }
    this.length = end - 1;
    return this;
  }

  #large(value: number): void {
    const billions = Math.floor(value / 1e9);
    this.decimal(billions);
    this.#digits((value - billions * 1e9) | 0, 9);
  }

  /** `count` digits of a whole number below 10^9, with zeros before them. */
  #digits(value: number, count: number): void {
    const bytes = this.#bytes;
    const start = this.length;
    let rest = value;
    for (let at = start + count - 1; at >= start; at--) {
      const tenth = (rest / 10) | 0;
      bytes[at] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    this.length = start + count;
  }

  #reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.#bytes.length) return;
    let size = this.#bytes.length;
    while (size < needed) size *= 2;
    const bytes = new Uint8Array(size);
    bytes.set(this.#bytes);
    this.#use(bytes);
  }

  #use(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#data = new DataView(bytes.buffer);
  }
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}

function digitCount(value: number): number {
  if (value < 10) return 1;
  if (value < 100) return 2;
  if (value < 1000) return 3;
  if (value < 10_000) return 4;
  if (value < 100_000) return 5;
  if (value < 1_000_000) return 6;
  if (value < 10_000_000) return 7;
  return value < 100_000_000 ? 8 : 9;
}

function digitsOfBytes(): Uint8Array {
  const digits = new Uint8Array(256 * 4);
  for (let byte = 0; byte < 256; byte++) {
    const text = byte.toString();
    digits.set(
      [...text].map((digit) => digit.charCodeAt(0)),
      byte * 4,
    );
    digits[byte * 4 + 3] = text.length;
  }
  return digits;
}
