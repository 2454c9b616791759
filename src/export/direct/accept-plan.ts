import type { AcceptView } from '../../record/accept-record.ts';
import { ATTRIBUTES } from '../../record/attributes.ts';
import { ACCEPT_BODY } from '../../record/body.ts';
import type { Reading, Straight } from '../../record/reading.ts';
import { ByteWriter } from './byte-writer.ts';
import { KeyValue } from './key-value.ts';
import { ATTRIBUTES_FIELD, type RecordFrame } from './record-frame.ts';

/** A value that each record has its own of, and the bytes before it that all have: one copy for them. */
export interface Gap {
  readonly before: Uint8Array;
  /** How many of them are of the value, which is a text. */
  readonly begun: number;
  readonly read: Straight;
}
export interface AttributeGap extends Gap {
  readonly keyValue: KeyValue;
  readonly isText: boolean;
  /** How many of the bytes before it go where it is left out, and where it is written as a whole. */
  readonly opening: number;
  readonly value: Reading['value'];
}

/** How to encode the accepts of one thread on one local address: in turn what they share, and what they do not. */
export interface AcceptPlan {
  readonly body: readonly Gap[];
  /** Of the body, behind its last gap: they are before the first attribute's. */
  readonly bodyEndBytes: number;
  readonly attributes: readonly AttributeGap[];
  /** Behind the last gap, the frame's closing included. */
  readonly end: Uint8Array;
}

const ROWS = ATTRIBUTES.flatMap(({ name, type, values, shortcut }) =>
  values.accepted
    ? [{ reading: { value: values.accepted, ...shortcut }, type, keyValue: new KeyValue(ATTRIBUTES_FIELD, name) }]
    : [],
);

export function planOf(accept: AcceptView, frame: RecordFrame): AcceptPlan {
  const out = new ByteWriter();
  out.bytes(frame.opening);
  const body: Gap[] = [];
  for (const reading of ACCEPT_BODY) {
    if (reading.isShared) out.rawText(String(reading.value(accept)));
    else body.push(gapOf(out, reading, accept));
  }
  const bodyEndBytes = out.length;
  const attributes: AttributeGap[] = [];
  for (const { reading, type, keyValue } of ROWS) {
    const shared = reading.isShared ? reading.value(accept) : undefined;
    if (shared !== undefined) keyValue.write(out, shared);
    if (reading.isShared) continue;
    const isText = type === 'string';
    const opening = isText ? keyValue.openText : keyValue.openNumber;
    out.bytes(opening);
    const { value } = reading;
    attributes.push({ ...gapOf(out, reading, accept), keyValue, isText, opening: opening.length, value });
  }
  out.bytes(frame.closing);
  return { body, bodyEndBytes, attributes, end: taken(out) };
}

function gapOf(out: ByteWriter, { value, straight, begins }: Reading, accept: AcceptView): Gap {
  const start = out.length;
  if (begins) out.rawText(begins(accept));
  const begun = out.length - start;
  return { before: taken(out), begun, read: straight ?? value };
}

function taken(out: ByteWriter): Uint8Array {
  const bytes = out.slice();
  out.length = 0;
  return bytes;
}
