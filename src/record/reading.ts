import type { OFFSET } from '../kernel/record-layout.ts';
import type { ListenerFields, TaskFields } from '../kernel/shared-fields.ts';
import type { AcceptRecord, AcceptView } from './accept-record.ts';

/** What an attribute's value may be; a type never changes with the value. */
export type AttributeValue = string | number | boolean | readonly string[];

/** What of an accept is the same for all of its thread, and what for all on its local address. */
export type TaskFacts = Pick<AcceptRecord, 'process'> & { readonly connection: TaskFields };
export type ListenerFacts = { readonly connection: ListenerFields };

/** A number of the kernel's record, so many bytes long. */
export interface NumberField {
  readonly field: keyof typeof OFFSET;
  readonly bytes: 2 | 4 | 8;
}
/** An address of the kernel's record, IPv4-mapped ones as IPv4. */
export interface AddressField {
  readonly address: 'peer_address' | 'local_address';
}

/** Of a text: itself, a number's digits, an address. */
export type Piece = string | NumberField | AddressField;

/** Where a value lies in the kernel's record. */
export type Source = {
  /** It is left out where that is 0, or unknown. */
  readonly leftOut?: { readonly number: NumberField; readonly at: 'zero' | 'unknown' };
} & (
  | /** The pieces are the same for all accepts that share their task and listener. */
  { readonly pieces: (accept: AcceptView) => readonly Piece[] }
  | { readonly number: NumberField; readonly divisor?: number }
);

/** How a value is had of an accept; `undefined` leaves it out. */
export interface Reading {
  readonly value: (record: AcceptRecord) => AttributeValue | undefined;
  /** The same value, for who encodes it from where it lies; without one, all accepts of a thread on a local address share it. */
  readonly source?: Source;
}

/** A value that differs from accept to accept. */
export function each(value: Reading['value'], source: Source): Reading {
  return { value, source };
}

/** A value of the accepting thread or its process. */
export function ofTask(value: (task: TaskFacts) => AttributeValue | undefined): Reading {
  return { value };
}

/** A value of the address it was accepted on. */
export function ofListener(value: (listener: ListenerFacts) => AttributeValue | undefined): Reading {
  return { value };
}

export const u16 = (field: NumberField['field']): NumberField => ({ field, bytes: 2 });
export const u32 = (field: NumberField['field']): NumberField => ({ field, bytes: 4 });
export const u64 = (field: NumberField['field']): NumberField => ({ field, bytes: 8 });

/** A number that the kernel may not know. */
export function ifKnown(number: NumberField, divisor = 1): Source {
  return { number, divisor, leftOut: { number, at: 'unknown' } };
}
