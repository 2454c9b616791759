import type { ListenerFields, TaskFields } from '../kernel/shared-fields.ts';
import type { AcceptRecord, AcceptView } from './accept-record.ts';
import type { TextWriter } from './text-writer.ts';

/** What an attribute's value may be; a type never changes with the value. */
export type AttributeValue = string | number | boolean | readonly string[];

/** What of an accept is the same for others of its thread, or of its local address. */
export type TaskFacts = Pick<AcceptRecord, 'process'> & { readonly connection: TaskFields };
export type ListenerFacts = { readonly connection: ListenerFields };

/** How a value is had of an accept; `undefined` leaves it out. */
export interface Reading extends Shortcut {
  readonly value: (record: AcceptRecord) => AttributeValue | undefined;
}

/** How the same value is had for less. */
export interface Shortcut {
  /** It depends on nothing else, so that one value, encoded once, serves them all. */
  readonly sharedBy?: 'task' | 'listener';
  /** Without decoding what it is made of; of a text, `text` may be given the pieces and returned. */
  readonly straight?: (accept: AcceptView, text: TextWriter) => AttributeValue | TextWriter | undefined;
}

/** A value that differs from accept to accept. */
export function each(value: Reading['value'], straight?: NonNullable<Reading['straight']>): Reading {
  return straight ? { value, straight } : { value };
}

/** A value of the accepting thread or its process. */
export function ofTask(value: (task: TaskFacts) => AttributeValue | undefined): Reading {
  return { value, sharedBy: 'task' };
}

/** A value of the address it was accepted on. */
export function ofListener(value: (listener: ListenerFacts) => AttributeValue | undefined): Reading {
  return { value, sharedBy: 'listener' };
}
