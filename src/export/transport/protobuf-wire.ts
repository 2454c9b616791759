/** One field of a protobuf message, by where it lies in the bytes. */
export interface WireField {
  readonly number: number;
  /** Of its tag. */
  readonly start: number;
  /** Of its value; for a length-delimited field, behind the length. */
  readonly valueStart: number;
  readonly end: number;
  /** A string, bytes or a message. */
  readonly isDelimited: boolean;
}

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;
/** Ten bytes of seven bits hold the longest varint, 64 bits. */
const LONGEST_VARINT = 10;

/** The fields of the message at `start` to `end`, none decoded. Throws `RangeError` where it is no protobuf message. */
export function* fieldsOf(bytes: Uint8Array, start = 0, end = bytes.length): Generator<WireField> {
  for (let at = start; at < end; ) {
    const tag = varintAt(bytes, at, end);
    const wireType = tag.value % 8;
    const isDelimited = wireType === DELIMITED;
    const length = isDelimited ? varintAt(bytes, tag.end, end) : { value: 0, end: tag.end };
    const valueEnd = isDelimited ? length.end + length.value : length.end + scalarLength(bytes, wireType, tag.end, end);
    if (valueEnd > end) throw new RangeError('a protobuf field ends behind its message');
    yield { number: Math.floor(tag.value / 8), start: at, valueStart: length.end, end: valueEnd, isDelimited };
    at = valueEnd;
  }
}

/** The value of a varint field with all its 64 bits. */
export function varintOf(bytes: Uint8Array, { valueStart, end }: WireField): bigint {
  let value = 0n;
  for (let at = end - 1; at >= valueStart; at--) value = (value << 7n) | BigInt((bytes[at] ?? 0) & 0x7f);
  return BigInt.asUintN(64, value);
}

/** The tag and the length that go before a length-delimited field. */
export function delimitedHeader(fieldNumber: number, length: number): Uint8Array {
  return Uint8Array.from([...varint(fieldNumber * 8 + DELIMITED), ...varint(length)]);
}

function scalarLength(bytes: Uint8Array, wireType: number, at: number, end: number): number {
  if (wireType === VARINT) return varintAt(bytes, at, end).end - at;
  if (wireType === FIXED64) return 8;
  if (wireType === FIXED32) return 4;
  throw new RangeError(`protobuf has no wire type ${wireType} any more`);
}

function varintAt(bytes: Uint8Array, start: number, end: number): { value: number; end: number } {
  let value = 0;
  for (let at = start; at < Math.min(end, start + LONGEST_VARINT); at++) {
    const byte = bytes[at] ?? 0;
    value += (byte % 128) * 128 ** (at - start);
    if (byte < 128) return { value, end: at + 1 };
  }
  throw new RangeError('a protobuf varint does not end');
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [128 + (value % 128), ...varint(Math.floor(value / 128))];
}
