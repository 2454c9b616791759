import type { AttributeValue } from '../../record/attributes.ts';
import { ByteWriter } from './byte-writer.ts';
import type { PlanWriter } from './plan-writer.ts';
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
/** A double, or the varint of a u32. */
const LONGEST_NUMBER = 8;

/** Encodes KeyValues of one key, each as a field of a message. */
export class KeyValue {
  readonly #tag: number;
  /** The key, and the tag of the value. */
  readonly #key: Uint8Array;
  readonly #textLimit: number;
  /** What a text's bytes, or a number's, are written behind: with room for lengths of one byte, filled in later. */
  readonly #openText: Uint8Array;
  readonly #openNumber: Uint8Array;
  readonly #beforeBoolean: Uint8Array;
  readonly #shortText: number;
  readonly #hasShortNumbers: boolean;

  /** `textLimit`: UTF-16 code units that a text keeps, which is how the SDK counts. */
  constructor(fieldNumber: number, key: string, textLimit = Number.POSITIVE_INFINITY) {
    const out = new ByteWriter();
    out.byte(tag(1, DELIMITED));
    out.text(key);
    out.byte(tag(2, DELIMITED));
    this.#tag = tag(fieldNumber, DELIMITED);
    this.#key = out.slice();
    this.#textLimit = textLimit;
    this.#openNumber = this.#before(INT, 0);
    this.#openText = Uint8Array.of(...this.#before(STRING, 0), 0);
    this.#beforeBoolean = this.#before(BOOL, 1);
    this.#shortText = SHORT - this.#key.length - 3;
    this.#hasShortNumbers = this.#key.length + LONGEST_NUMBER + 2 <= SHORT;
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

  /** The same as a plan, of a text or a number that `write` plans. */
  planText(plan: PlanWriter, write: () => void): void {
    this.#plan(plan, () => {
      plan.literal((out) => out.byte(STRING));
      plan.delimited(write);
    });
  }
  planNumber(plan: PlanWriter, write: () => void): void {
    this.#plan(plan, write);
  }

  #plan(plan: PlanWriter, writeValue: () => void): void {
    plan.literal((out) => out.byte(this.#tag));
    plan.delimited(() => {
      plan.literal((out) => out.bytes(this.#key));
      plan.delimited(writeValue);
    });
  }

  /** Ends a text whose bytes were written behind `#openText`, from `start`. */
  #closeText(out: ByteWriter, start: number): void {
    const textBytes = out.length - start;
    if (textBytes <= this.#shortText) {
      out.putByte(textBytes, start - 1);
      out.putByte(textBytes + 2, start - 3);
      out.putByte(textBytes + 3 + this.#key.length, start - 4 - this.#key.length);
      return;
    }
    const opened = start - this.#openText.length;
    out.shift(start, this.#textHeaderBytes(textBytes) - this.#openText.length);
    out.length = opened;
    this.#textHeader(out, textBytes);
    out.length += textBytes;
  }

  /** Writes a number behind `#openNumber`; `false`, and nothing written, for those that take another beginning. */
  #writeShort(out: ByteWriter, value: number): boolean {
    const start = out.length;
    if (!this.#hasShortNumbers) return false;
    if (value >= 0 && value <= UINT32_MAX && Number.isInteger(value)) {
      out.varint(value);
      this.#closeNumber(out, start, INT);
      return true;
    }
    // As the SDK does: whole numbers are ints, whatever the attribute is otherwise.
    if (Number.isInteger(value)) return false;
    out.double(value);
    this.#closeNumber(out, start, DOUBLE);
    return true;
  }

  #closeNumber(out: ByteWriter, start: number, valueTag: number): void {
    const valueBytes = 1 + out.length - start;
    out.putByte(valueTag, start - 1);
    out.putByte(valueBytes, start - 2);
    out.putByte(valueBytes + 1 + this.#key.length, start - 3 - this.#key.length);
  }

  #text(out: ByteWriter, text: string): void {
    out.bytes(this.#openText);
    const start = out.length;
    out.rawText(text);
    this.#closeText(out, start);
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

  #number(out: ByteWriter, value: number): void {
    const start = out.length;
    out.bytes(this.#openNumber);
    if (this.#writeShort(out, value)) return;
    out.length = start;
    if (Number.isInteger(value) && value >= -INT64_END && value < INT64_END) {
      const whole = BigInt.asUintN(64, BigInt(value));
      out.bytes(this.#before(INT, Math.ceil(whole.toString(2).length / 7)));
      out.varint64(whole);
    } else {
      out.bytes(this.#before(DOUBLE, 8));
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
