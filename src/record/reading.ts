import type { ListenerFields, TaskFields } from '../kernel/shared-fields.ts';
import type { AcceptRecord, AcceptView } from './accept-record.ts';
import type { TextWriter } from './text-writer.ts';

/** What an attribute's value may be; a type never changes with the value. */
export type AttributeValue = string | number | boolean | readonly string[];

/** What of an accept is the same for all of its thread, and what for all on its local address. */
export type TaskFacts = Pick<AcceptRecord, 'process'> & { readonly connection: TaskFields };
export type ListenerFacts = { readonly connection: ListenerFields };

/** How a value is had of an accept; `undefined` leaves it out. */
export interface Reading extends Shortcut {
  readonly value: (record: AcceptRecord) => AttributeValue | undefined;
}

/** How the same value is had for less. */
export interface Shortcut {
  /** It is the same for all accepts of one thread on one local address: encoded once, it serves them all. */
  readonly isShared?: true;
  /** Without decoding what it is made of; of a text, `text` may be given the pieces and returned. */
  readonly straight?: Straight;
  /** What a text that is given in pieces begins with, before them; the same for all accepts of one session. */
  readonly begins?: (accept: AcceptView) => string;
}

export type Straight = (accept: AcceptView, text: TextWriter) => AttributeValue | TextWriter | undefined;

/** A value that differs from accept to accept. */
export function each(value: Reading['value'], straight?: Straight, begins?: Reading['begins']): Reading {
  return { value, ...(straight && { straight }), ...(begins && { begins }) };
}

/** A value of the accepting thread or its process. */
export function ofTask(value: (task: TaskFacts) => AttributeValue | undefined): Reading {
  return { value, isShared: true };
}

/** A value of the address it was accepted on. */
export function ofListener(value: (listener: ListenerFacts) => AttributeValue | undefined): Reading {
  return { value, isShared: true };
}
