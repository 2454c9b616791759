import type { AcceptView } from '../../record/accept-record.ts';
import type { AddressField, NumberField, Piece, Source } from '../../record/reading.ts';
import { ByteWriter } from './byte-writer.ts';

/** The steps that a plan is made of, as `enum class PlanStep` of native/accept_plan.h has them. */
export const PLAN_STEPS = [
  'literal',
  'open',
  'close',
  'wallTime',
  'observedTime',
  'decimal',
  'ipv4',
  'ipv6',
  'number',
  'spanBytes',
  'skipIfZero',
  'skipIfOnes',
  'skipIfNoSpan',
] as const;
type PlanStep = (typeof PLAN_STEPS)[number];

const NUMBERS = Object.fromEntries(PLAN_STEPS.map((what, number) => [what, number])) as Record<PlanStep, number>;

/** Where in a record a step finds what it is of. */
interface Place {
  readonly offset: number;
  readonly bytes: number;
}
const NOWHERE: Place = { offset: 0, bytes: 0 };

/** A step: what of which field, a count, and how many literal bytes are before it. */
const WORDS = 3;
const COUNT = 1;

/** What the literals of most plans take. */
const LITERAL_BYTES = 2048;

/** Where IPv4 is in a mapped address. */
const MAPPED_BYTES = 12;

/** Writes the plan of the accepts that share what `accept` has: what they share as it is, and where the rest lies. */
export class PlanWriter {
  readonly #accept: AcceptView;
  readonly #steps: number[] = [];
  readonly #literals = new ByteWriter(LITERAL_BYTES);
  /** Literals that are before the next step. */
  #begun = 0;
  #last: PlanStep | undefined;

  constructor(accept: AcceptView) {
    this.#accept = accept;
  }

  get steps(): Uint32Array {
    this.#endLiteral();
    return new Uint32Array(this.#steps);
  }

  get literals(): Uint8Array {
    return this.#literals.slice();
  }

  /** What is the same in every record. */
  literal(write: (out: ByteWriter) => void): this {
    const start = this.#literals.length;
    write(this.#literals);
    this.#begun += this.#literals.length - start;
    return this;
  }

  /** A length, which most often takes `lengthBytes`, and what it is the length of. */
  delimited(write: () => void, lengthBytes = 1): this {
    this.#step('open', lengthBytes);
    write();
    this.#close();
    return this;
  }

  wallTime(field: NumberField): this {
    return this.#step('wallTime', 0, this.#placeOf(field));
  }

  observedTime(): this {
    return this.#step('observedTime', 0);
  }

  piece(piece: Piece): this {
    if (typeof piece === 'string') return this.literal((out) => out.rawText(piece));
    return 'address' in piece ? this.#address(piece) : this.#step('decimal', 0, this.#placeOf(piece));
  }

  /** An AnyValue's content. */
  number(number: NumberField, divisor: number): this {
    return this.#step('number', divisor, this.#placeOf(number));
  }

  /** What only some records have. */
  unless(leftOut: Source['leftOut'], write: () => void): this {
    if (!leftOut) write();
    else this.#skip(leftOut.at === 'zero' ? 'skipIfZero' : 'skipIfOnes', this.#placeOf(leftOut.number), write);
    return this;
  }

  ifSpan(write: () => void): this {
    return this.#skip('skipIfNoSpan', NOWHERE, write);
  }

  /** Of what `spanBytesOf` gives. */
  spanBytes(place: Place): this {
    return this.#step('spanBytes', 0, place);
  }

  #address({ address }: AddressField): this {
    const { connection } = this.#accept;
    const offset = connection.offsetOf(address);
    if (!connection.isIpv4) return this.#step('ipv6', 0, { offset, bytes: 16 });
    const isMapped = connection.socketFamily === 'inet6';
    return this.#step('ipv4', 0, { offset: offset + (isMapped ? MAPPED_BYTES : 0), bytes: 4 });
  }

  #skip(condition: PlanStep, place: Place, write: () => void): this {
    this.#step(condition, 0, place);
    const start = this.#steps.length;
    write();
    this.#endLiteral();
    this.#steps[start - WORDS + COUNT] = (this.#steps.length - start) / WORDS;
    return this;
  }

  #placeOf({ field, bytes }: NumberField): Place {
    return { offset: this.#accept.connection.offsetOf(field), bytes };
  }

  #step(what: PlanStep, count: number, { offset, bytes }: Place = NOWHERE): this {
    this.#steps.push(NUMBERS[what] | (bytes << 8) | (offset << 16), count, this.#begun);
    this.#begun = 0;
    this.#last = what;
    return this;
  }

  #close(): void {
    if (this.#last !== 'close' || this.#begun > 0) this.#step('close', 0);
    const at = this.#steps.length - WORDS + COUNT;
    this.#steps[at] = (this.#steps[at] ?? 0) + 1;
  }

  #endLiteral(): void {
    if (this.#begun > 0) this.#step('literal', 0);
    // What is closed next is not of the same steps.
    this.#last = undefined;
  }
}
