import type { AcceptView } from '../../record/accept-record.ts';
import type { AttributeValue, Shortcut } from '../../record/attributes.ts';
import { ByteWriter } from './byte-writer.ts';
import { DELIMITED, FIXED64, tag, VARINT, varintBytes } from './wire.ts';

/** Fields of opentelemetry-proto's AnyValue. */
const STRING = tag(1, DELIMITED);
const BOOL = tag(2, VARINT);
const INT = tag(3, VARINT);
const DOUBLE = tag(4, FIXED64);
const ARRAY = tag(5, DELIMITED);
/** Of its ArrayValue. */
const VALUES = tag(1, DELIMITED);

const UINT32_MAX = 2 ** 32 - 1;
const INT64_END = 2 ** 63;
/** A message up to this long has a length of one byte. */
const SHORT = 127;

/** Encodes KeyValues of one key, each as a field of a message. */
export class KeyValue {
  readonly #tag: number;
  /** The key, and the tag of the value. */
  readonly #key: Uint8Array;
  readonly #textLimit: number;
  /** All that comes before an int of so many bytes, before a double, a boolean, and a text of up to `#shortText` bytes. */
  readonly #beforeInt: readonly Uint8Array[];
  readonly #beforeDouble: Uint8Array;
  readonly #beforeBoolean: Uint8Array;
  readonly #beforeText: Uint8Array;
  readonly #shortText: number;

  /** `textLimit`: UTF-16 code units that a text keeps, which is how the SDK counts. */
  constructor(fieldNumber: number, key: string, textLimit = Number.POSITIVE_INFINITY) {
    const out = new ByteWriter();
    out.byte(tag(1, DELIMITED));
    out.text(key);
    out.byte(tag(2, DELIMITED));
    this.#tag = tag(fieldNumber, DELIMITED);
    this.#key = out.slice();
    this.#textLimit = textLimit;
    this.#beforeInt = Array.from({ length: 6 }, (_, bytes) => this.#before(INT, bytes));
    this.#beforeDouble = this.#before(DOUBLE, 8);
    this.#beforeBoolean = this.#before(BOOL, 1);
    this.#beforeText = Uint8Array.of(...this.#before(STRING, 1), 0);
    this.#shortText = SHORT - this.#key.length - 3;
  }

  write(out: ByteWriter, value: AttributeValue): void {
    if (typeof value === 'string') {
      this.#text(out, this.#limited(value));
    } else if (typeof value === 'boolean') {
      out.bytes(this.#beforeBoolean);
      out.byte(Number(value));
    } else if (typeof value === 'number') {
      this.#number(out, value);
    } else {
      this.#texts(out, value);
    }
  }

  /** Has `straight` write its text, or writes the value that it returns; `false`, and nothing written, for `undefined`. */
  writeStraight(out: ByteWriter, accept: AcceptView, straight: NonNullable<Shortcut['straight']>): boolean {
    const start = out.length;
    // What is right for a short text, which nearly all are.
    out.bytes(this.#beforeText);
    const textStart = out.length;
    const value = straight(accept, out);
    if (typeof value !== 'object') {
      out.length = start;
      if (value !== undefined) this.write(out, value);
      return value !== undefined;
    }
    const textBytes = Math.min(out.length - textStart, this.#textLimit);
    out.length = textStart + textBytes;
    if (textBytes <= this.#shortText) {
      const keyEnd = start + 2 + this.#key.length;
      out.putByte(textBytes, textStart - 1);
      out.putByte(textBytes + 2, keyEnd);
      out.putByte(textBytes + 3 + this.#key.length, start + 1);
    } else {
      out.shift(textStart, this.#textHeaderBytes(textBytes) - this.#beforeText.length);
      out.length = start;
      this.#textHeader(out, textBytes);
      out.length += textBytes;
    }
    return true;
  }

  #text(out: ByteWriter, text: string): void {
    const textBytes = out.textBytes(text);
    this.#textHeader(out, textBytes);
    out.textOf(text, textBytes);
  }

  #texts(out: ByteWriter, texts: readonly string[]): void {
    const values = new ByteWriter();
    for (const text of texts.map((one) => this.#limited(one))) {
      const textBytes = values.textBytes(text);
      values.byte(VALUES);
      values.varint(1 + varintBytes(textBytes) + textBytes);
      values.byte(STRING);
      values.varint(textBytes);
      values.textOf(text, textBytes);
    }
    this.#header(out, 1 + varintBytes(values.length) + values.length);
    out.byte(ARRAY);
    out.varint(values.length);
    out.bytes(values.slice());
  }

  #limited(text: string): string {
    return text.length > this.#textLimit ? text.slice(0, this.#textLimit) : text;
  }

  /** As the SDK does: whole numbers are ints, whatever the attribute is otherwise. */
  #number(out: ByteWriter, value: number): void {
    if (value >= 0 && value <= UINT32_MAX && Number.isInteger(value)) {
      out.bytes(this.#beforeInt[varintBytes(value)] ?? this.#key);
      out.varint(value);
    } else if (Number.isInteger(value) && value >= -INT64_END && value < INT64_END) {
      const whole = BigInt.asUintN(64, BigInt(value));
      out.bytes(this.#before(INT, Math.ceil(whole.toString(2).length / 7)));
      out.varint64(whole);
    } else {
      out.bytes(this.#beforeDouble);
      out.double(value);
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

  /** What comes before a value that takes `bytes` behind its tag. */
  #before(valueTag: number, bytes: number): Uint8Array {
    const out = new ByteWriter();
    this.#header(out, 1 + bytes);
    out.byte(valueTag);
    return out.slice();
  }

  #header(out: ByteWriter, valueBytes: number): void {
    out.byte(this.#tag);
    out.varint(this.#key.length + varintBytes(valueBytes) + valueBytes);
    out.bytes(this.#key);
    out.varint(valueBytes);
  }
}
