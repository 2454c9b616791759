import type { TextWriter } from '../../record/text-writer.ts';

const FIRST_CAPACITY = 256;
/** What a piece of one of the short writes takes at most: the digits of a u64. */
const SHORT = 20;
/** A loop copies less than this faster than `set` does. */
const LOOP_BYTES = 32;
const TWO_TO_32 = 2 ** 32;

const utf8 = new TextEncoder();

/** The text of every byte: three characters, and how many of them count. */
const DIGITS = digitsOfBytes();

/** Bytes in the making: protobuf's primitives and text, in a buffer that grows and is used again. */
export class ByteWriter implements TextWriter {
  /** Where the next byte goes; may be set back. */
  length = 0;
  #bytes = new Uint8Array(FIRST_CAPACITY);
  #data = new DataView(this.#bytes.buffer);

  /** A copy of the bytes from `start` to `end`. */
  slice(start = 0, end = this.length): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(start, end);
  }

  /** Copies all bytes to `target`. */
  copyTo(target: Uint8Array, at: number): void {
    target.set(this.#bytes.subarray(0, this.length), at);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.length++] = value;
  }

  bytes(values: Uint8Array): void {
    const { length } = values;
    this.#reserve(length);
    if (length > LOOP_BYTES) this.#bytes.set(values, this.length);
    else for (let i = 0; i < length; i++) this.#bytes[this.length + i] = values[i] ?? 0;
    this.length += length;
  }

  /** A whole number from 0 to 2^32 - 1. */
  varint(value: number): void {
    this.#reserve(5);
    let rest = value;
    while (rest > 127) {
      this.#bytes[this.length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#bytes[this.length++] = rest;
  }

  /** As protobuf's int64. */
  varint64(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    for (; rest > 127n; rest >>= 7n) this.byte(Number(rest & 127n) | 128);
    this.byte(Number(rest));
  }

  fixed64(value: bigint): void {
    this.#reserve(8);
    this.#data.setBigUint64(this.length, value, true);
    this.length += 8;
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
    for (let i = 0; i < length; i++) this.#bytes[this.length + i] = text.charCodeAt(i);
    this.length += length;
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
    if (value >= 1e9) {
      this.decimal(Math.floor(value / 1e9));
      this.#digits(value % 1e9, 9);
    } else {
      this.#digits(value, digitCount(value));
    }
    return this;
  }

  u64(bytes: Uint8Array, at: number): this {
    const low = u32(bytes, at);
    const high = u32(bytes, at + 4);
    // Above 2^53 a number is not exact.
    if (high < TWO_TO_32 >>> 11) return this.decimal(high * TWO_TO_32 + low);
    return this.ascii(((BigInt(high) << 32n) | BigInt(low)).toString());
  }

  ipv4(bytes: Uint8Array, at: number): this {
    this.#reserve(SHORT);
    for (let i = 0; i < 4; i++) {
      const digits = (bytes[at + i] ?? 0) * 4;
      if (i > 0) this.#bytes[this.length++] = 0x2e;
      this.#bytes[this.length] = DIGITS[digits] ?? 0;
      this.#bytes[this.length + 1] = DIGITS[digits + 1] ?? 0;
      this.#bytes[this.length + 2] = DIGITS[digits + 2] ?? 0;
      this.length += DIGITS[digits + 3] ?? 0;
    }
    return this;
  }

  /** `count` digits of a whole number below 10^9, with zeros before them. */
  #digits(value: number, count: number): void {
    this.#reserve(SHORT);
    let rest = value | 0;
    for (let at = this.length + count - 1; at >= this.length; at--) {
      const tenth = (rest / 10) | 0;
      this.#bytes[at] = 0x30 + rest - tenth * 10;
      rest = tenth;
    }
    this.length += count;
  }

  #reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#data = new DataView(bytes.buffer);
  }
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}

function digitCount(value: number): number {
  let count = 1;
  for (let power = 10; value >= power; power *= 10) count++;
  return count;
}

function u32(bytes: Uint8Array, at: number): number {
  return (
    (byteAt(bytes, at) |
      (byteAt(bytes, at + 1) << 8) |
      (byteAt(bytes, at + 2) << 16) |
      (byteAt(bytes, at + 3) << 24)) >>>
    0
  );
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

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}
