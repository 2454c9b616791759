import type { AcceptView } from '../../record/accept-record.ts';
import { EVENTS } from '../../record/events.ts';
import type { AcceptPlan } from './accept-plan.ts';
import { AcceptPlans } from './accept-plans.ts';
import type { ByteWriter } from './byte-writer.ts';
import { RecordFrame } from './record-frame.ts';

/**
 * Encodes accepts, whole, from where they lie in their batch, in the order of the attribute table.
 *
 * What a thread's accepts on a local address share is encoded once, in as few pieces as what they do not share leaves; of
 * that a row may be read straight, else it is asked for its value like for any output.
 */
export class AcceptEncoder {
  readonly #frame = new RecordFrame('accepted');
  readonly #plans = new AcceptPlans(this.#frame);

  encode(out: ByteWriter, accept: AcceptView): void {
    const plan = this.#plans.of(accept);
    const start = out.length;
    writeBody(out, accept, plan);
    this.#frame.fillBody(out, start, plan.bodyEndBytes);
    writeAttributes(out, accept, plan);
    const { span, connection } = accept;
    if (span) {
      out.length -= this.#frame.closing.length;
      this.#frame.close(out, 0, span);
    }
    this.#frame.fill(out, start, EVENTS.accepted.timestampUnixNs(accept), connection.observedUnixNs);
  }
}

function writeBody(out: ByteWriter, accept: AcceptView, { body }: AcceptPlan): void {
  for (let i = 0; i < body.length; i++) {
    const gap = body[i];
    if (!gap) continue;
    out.bytes(gap.before);
    const value = gap.read(accept, out);
    if (typeof value === 'string') out.rawText(value);
  }
}

function writeAttributes(out: ByteWriter, accept: AcceptView, { attributes, end }: AcceptPlan): void {
  for (let i = 0; i < attributes.length; i++) {
    const gap = attributes[i];
    if (!gap) continue;
    out.bytes(gap.before);
    const start = out.length - gap.begun;
    const value = gap.read(accept, out);
    if (gap.isText && value !== undefined) {
      if (typeof value === 'string') out.rawText(value);
      gap.keyValue.closeText(out, start);
    } else if (typeof value !== 'number' || !gap.keyValue.closeNumber(out, value)) {
      out.length = start - gap.opening;
      const known = value === undefined ? undefined : gap.value(accept);
      if (known !== undefined) gap.keyValue.write(out, known);
    }
  }
  out.bytes(end);
}
