/** Protobuf's wire types. */
export const VARINT = 0;
export const FIXED64 = 1;
export const DELIMITED = 2;
export const FIXED32 = 5;

/** The byte before a field's value; for field numbers below 16. */
export function tag(fieldNumber: number, wireType: number): number {
  return fieldNumber * 8 + wireType;
}

/** Bytes that a whole number from 0 to 2^32 - 1 takes. */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest > 127; rest >>>= 7) bytes++;
  return bytes;
}
