import type { AcceptView } from '../../record/accept-record.ts';
import { ATTRIBUTES } from '../../record/attributes.ts';
import { ACCEPT_BODY } from '../../record/body.ts';
import { EVENTS } from '../../record/events.ts';
import type { Reading, Shortcut } from '../../record/reading.ts';
import type { OtlpSettings } from '../otlp-environment.ts';
import { ByteWriter } from './byte-writer.ts';
import { KeyValue } from './key-value.ts';
import { ATTRIBUTES_FIELD, beginBody, endBody, RecordFrame } from './record-frame.ts';
import { SharedPieces, type Sharing } from './shared-pieces.ts';

/** Attributes encoded together. */
interface Piece {
  readonly bytes: Uint8Array;
  readonly attributes: number;
}
/** By the number of the step, or of the part of the body, that they are for. */
interface Pieces {
  readonly attributes: readonly (Piece | undefined)[];
  readonly body: readonly (Uint8Array | undefined)[];
}

/** Of an attribute, or of a part of the body, in objects of one shape: this is the innermost loop. */
interface Source {
  readonly sharedBy: Sharing | undefined;
  readonly value: Reading['value'];
  readonly straight: Shortcut['straight'];
}
interface Attribute extends Source {
  readonly keyValue: KeyValue;
}
/** Attributes that follow each other in the table and are had the same way. */
interface Step {
  readonly sharedBy: Sharing | undefined;
  readonly attributes: Attribute[];
}

const BODY: readonly Source[] = ACCEPT_BODY.map(sourceOf);

/**
 * Encodes accepts from where they lie in their batch, in the order of the attribute table.
 *
 * What a row says is shared by a thread's accepts, or by those of a local address, is encoded once; of the others a row
 * may be read straight, else it is asked for its value like for any output.
 */
export class AcceptEncoder {
  readonly #frame = new RecordFrame('accepted');
  readonly #steps: readonly Step[];
  readonly #attributeLimit: number;
  readonly #tasks = new SharedPieces('task', (accept) => this.#pieces('task', accept));
  readonly #listeners = new SharedPieces('listener', (accept) => this.#pieces('listener', accept));

  constructor({ attributeCountLimit, attributeValueLengthLimit }: OtlpSettings['limits']) {
    this.#attributeLimit = attributeCountLimit;
    const attributes = ATTRIBUTES.flatMap(({ name, values, shortcut }) => {
      if (!values.accepted) return [];
      const keyValue = new KeyValue(ATTRIBUTES_FIELD, name, attributeValueLengthLimit);
      return [{ ...sourceOf({ value: values.accepted, ...shortcut }), keyValue }];
    });
    // One attribute a step where some may have to go: which ones depends on how many came before.
    this.#steps = stepsOf(attributes, attributes.length > attributeCountLimit);
  }

  /** Returns how many attributes the limit left out. */
  encode(out: ByteWriter, accept: AcceptView): number {
    const task = this.#tasks.of(accept);
    const listener = this.#listeners.of(accept);
    const start = this.#frame.begin(out, EVENTS.accepted.timestampUnixNs(accept));
    this.#body(out, accept, task, listener);
    const dropped = this.#attributes(out, accept, task, listener);
    this.#frame.end(out, start, dropped, EVENTS.accepted.span?.(accept), EVENTS.accepted.observedUnixNs(accept));
    return dropped;
  }

  #body(out: ByteWriter, accept: AcceptView, task: Pieces, listener: Pieces): void {
    const start = beginBody(out);
    for (let i = 0; i < BODY.length; i++) {
      const shared = task.body[i] ?? listener.body[i];
      if (shared) {
        out.bytes(shared);
        continue;
      }
      const source = BODY[i];
      const value = source?.straight ? source.straight(accept, out) : source?.value(accept);
      if (typeof value === 'string') out.rawText(value);
    }
    endBody(out, start);
  }

  #attributes(out: ByteWriter, accept: AcceptView, task: Pieces, listener: Pieces): number {
    let kept = 0;
    let dropped = 0;
    for (let i = 0; i < this.#steps.length; i++) {
      const piece = task.attributes[i] ?? listener.attributes[i];
      const before = out.length;
      let count = 0;
      if (piece) {
        out.bytes(piece.bytes);
        count = piece.attributes;
      } else {
        for (const attribute of this.#steps[i]?.attributes ?? []) if (write(out, attribute, accept)) count++;
      }
      if (kept + count <= this.#attributeLimit) {
        kept += count;
        continue;
      }
      out.length = before;
      dropped += count;
    }
    return dropped;
  }

  #pieces(sharing: Sharing, accept: AcceptView): Pieces {
    const attributes = this.#steps.map((step) => {
      if (step.sharedBy !== sharing) return undefined;
      const out = new ByteWriter();
      const written = step.attributes.filter((attribute) => write(out, attribute, accept));
      return { bytes: out.slice(), attributes: written.length };
    });
    const body = BODY.map(({ sharedBy, value }) => {
      if (sharedBy !== sharing) return undefined;
      return Buffer.from(String(value(accept)));
    });
    return { attributes, body };
  }
}

/** `false`, and nothing written, where it is left out. */
function write(out: ByteWriter, { keyValue, value, straight }: Attribute, accept: AcceptView): boolean {
  if (straight) return keyValue.writeStraight(out, accept, straight);
  const known = value(accept);
  if (known === undefined) return false;
  keyValue.write(out, known);
  return true;
}

function sourceOf({ sharedBy, value, straight }: Reading): Source {
  return { sharedBy, value, straight };
}

function stepsOf(attributes: readonly Attribute[], isOneEach: boolean): Step[] {
  const steps: Step[] = [];
  for (const attribute of attributes) {
    const { sharedBy } = attribute;
    const last = steps.at(-1);
    if (last && last.sharedBy === sharedBy && !isOneEach) last.attributes.push(attribute);
    else steps.push({ sharedBy, attributes: [attribute] });
  }
  return steps;
}
