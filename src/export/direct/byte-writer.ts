const FIRST_CAPACITY = 256;
/** What one of the short writes takes at most: the digits of a u64. Copying so few one by one costs less than a call. */
const SHORT = 20;
/** Requests that may be under way at once, and as many that wait: 4 MiB of the largest. */
const MOST_SPARES = 8;

const utf8 = new TextEncoder();

/** Bytes in the making: protobuf's primitives and text, in a buffer that grows and is used again. */
export class ByteWriter {
  /** Where the next byte goes; may be set back. */
  length = 0;
  #bytes: Uint8Array<ArrayBuffer>;
  #data: DataView;
  /** What was handed over whole and not copied; what is never taken back is forgotten. */
  readonly #lent = new WeakSet<ArrayBuffer>();
  readonly #spares: Uint8Array<ArrayBuffer>[] = [];

  constructor(capacity = FIRST_CAPACITY) {
    this.#bytes = new Uint8Array(capacity);
    this.#data = new DataView(this.#bytes.buffer);
  }

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

  /** What is written to, with so many bytes of room behind `length`: for who writes there and sets `length`. */
  room(bytes: number): Uint8Array {
    this.#reserve(bytes);
    return this.#bytes;
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
