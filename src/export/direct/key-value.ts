import type { AcceptView } from '../../record/accept-record.ts';
import type { AttributeValue, Shortcut } from '../../record/attributes.ts';
import { ByteWriter } from './byte-writer.ts';
import { DELIMITED, FIXED64, tag, VARINT, varintBytes } from './wire.ts';

/** Fields of opentelemetry-proto's AnyValue. */
const STRING = tag(1, DELIMITED);
const BOOL = tag(2, VARINT);
const INT = tag(3, VARINT);
const DOUBLE = tag(4, FIXED64);

const UINT32_MAX = 2 ** 32 - 1;
const INT64_END = 2 ** 63;

/** Encodes KeyValues of one key, each as a field of a message. */
export class KeyValue {
  readonly #tag: number;
  /** The key, and the tag of the value. */
  readonly #key: Uint8Array;
  readonly #textLimit: number;

  /** `textLimit`: UTF-16 code units that a text keeps, which is how the SDK counts. */
  constructor(fieldNumber: number, key: string, textLimit = Number.POSITIVE_INFINITY) {
    const out = new ByteWriter();
    out.byte(tag(1, DELIMITED));
    out.text(key);
    out.byte(tag(2, DELIMITED));
    this.#tag = tag(fieldNumber, DELIMITED);
    this.#key = out.slice();
    this.#textLimit = textLimit;
  }

  write(out: ByteWriter, value: AttributeValue): void {
    if (typeof value === 'string') {
      this.#text(out, value.length > this.#textLimit ? value.slice(0, this.#textLimit) : value);
    } else if (typeof value === 'boolean') {
      this.#header(out, 2);
      out.byte(BOOL);
      out.byte(Number(value));
    } else {
      this.#number(out, value);
    }
  }

  /** Has `straight` write its text, or writes the value that it returns; `false`, and nothing written, for `undefined`. */
  writeStraight(out: ByteWriter, accept: AcceptView, straight: NonNullable<Shortcut['straight']>): boolean {
    const start = out.length;
    // Where the text is if the three lengths before it take a byte each: nearly always.
    const textStart = start + this.#key.length + 5;
    out.length = textStart;
    const value = straight(accept, out);
    if (typeof value !== 'object') {
      out.length = start;
      if (value !== undefined) this.write(out, value);
      return value !== undefined;
    }
    const textBytes = Math.min(out.length - textStart, this.#textLimit);
    out.length = textStart + textBytes;
    const headerBytes = this.#textHeaderBytes(textBytes);
    if (start + headerBytes !== textStart) out.shift(textStart, start + headerBytes - textStart);
    out.length = start;
    this.#textHeader(out, textBytes);
    out.length += textBytes;
    return true;
  }

  #text(out: ByteWriter, text: string): void {
    const textBytes = out.textBytes(text);
    this.#textHeader(out, textBytes);
    out.textOf(text, textBytes);
  }

  /** As the SDK does: whole numbers are ints, whatever the attribute is otherwise. */
  #number(out: ByteWriter, value: number): void {
    if (!Number.isInteger(value) || value < -INT64_END || value >= INT64_END) {
      this.#header(out, 9);
      out.byte(DOUBLE);
      out.double(value);
    } else if (value >= 0 && value <= UINT32_MAX) {
      this.#header(out, 1 + varintBytes(value));
      out.byte(INT);
      out.varint(value);
    } else {
      const whole = BigInt.asUintN(64, BigInt(value));
      this.#header(out, 1 + Math.ceil(whole.toString(2).length / 7));
      out.byte(INT);
      out.varint64(whole);
    }
  }

  #textHeader(out: ByteWriter, textBytes: number): void {
    this.#header(out, 1 + varintBytes(textBytes) + textBytes);
    out.byte(STRING);
    out.varint(textBytes);
  }

  #textHeaderBytes(textBytes: number): number {
    const valueBytes = 1 + varintBytes(textBytes) + textBytes;
    const bytes = this.#key.length + varintBytes(valueBytes) + valueBytes;
    return 1 + varintBytes(bytes) + bytes - textBytes;
  }

  #header(out: ByteWriter, valueBytes: number): void {
    out.byte(this.#tag);
    out.varint(this.#key.length + varintBytes(valueBytes) + valueBytes);
    out.bytes(this.#key);
    out.varint(valueBytes);
  }
}
