import type { AcceptView } from '../../record/accept-record.ts';
import { ATTRIBUTES } from '../../record/attributes.ts';
import { ACCEPT_BODY } from '../../record/body.ts';
import { type Source, u64 } from '../../record/reading.ts';
import { KeyValue } from './key-value.ts';
import { PlanWriter } from './plan-writer.ts';
import { ATTRIBUTES_FIELD, type RecordFrame } from './record-frame.ts';

const ROWS = ATTRIBUTES.flatMap(({ name, reading }) =>
  reading ? [{ ...reading, keyValue: new KeyValue(ATTRIBUTES_FIELD, name) }] : [],
);

/** How to encode the accepts of one thread on one local address, in the order of the attribute table. */
export function planOf(accept: AcceptView, frame: RecordFrame): PlanWriter {
  const plan = new PlanWriter(accept);
  frame.plan(plan, {
    timestamp: u64('accepted_boot_ns'),
    body: () => {
      for (const { value, source } of ACCEPT_BODY) {
        if (source) text(plan, source, accept);
        else plan.piece(String(value(accept)));
      }
    },
    attributes: () => {
      for (const { value, source, keyValue } of ROWS) {
        if (source) {
          plan.unless(source.leftOut, () =>
            'number' in source
              ? keyValue.planNumber(plan, () => plan.number(source.number, source.divisor ?? 1))
              : keyValue.planText(plan, () => text(plan, source, accept)),
          );
          continue;
        }
        const shared = value(accept);
        if (shared !== undefined) plan.literal((out) => keyValue.write(out, shared));
      }
    },
  });
  return plan;
}

function text(plan: PlanWriter, source: Source, accept: AcceptView): void {
  if ('pieces' in source) for (const piece of source.pieces(accept)) plan.piece(piece);
}
