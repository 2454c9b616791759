import type { AcceptView } from '../../record/accept-record.ts';
import { type AcceptPlan, planOf } from './accept-plan.ts';
import type { RecordFrame } from './record-frame.ts';

interface Entry extends Pick<AcceptView, 'process' | 'uidPrefix'> {
  readonly shared: Uint32Array;
  readonly plan: AcceptPlan;
}

/** Plans remembered, each of one to two KB; when there are more, all are forgotten. */
const CAPACITY = 4096;

/** Plans by what they were made of: a record with the same bytes there gets the same plan. */
export class AcceptPlans {
  readonly #frame: RecordFrame;
  readonly #entries = new Map<number, Entry>();
  /** Of the record before, which is most often the one asked for. */
  #last: Entry | undefined;

  constructor(frame: RecordFrame) {
    this.#frame = frame;
  }

  of(accept: AcceptView): AcceptPlan {
    if (this.#last && fits(this.#last, accept)) return this.#last.plan;
    const hash = accept.connection.sharedHash;
    let entry = this.#entries.get(hash);
    if (!entry || !fits(entry, accept)) {
      const { connection, process, uidPrefix } = accept;
      entry = { shared: connection.shared, process, uidPrefix, plan: planOf(accept, this.#frame) };
      if (this.#entries.size >= CAPACITY) this.#entries.clear();
      this.#entries.set(hash, entry);
    }
    this.#last = entry;
    return entry.plan;
  }
}

function fits({ shared, process, uidPrefix }: Entry, accept: AcceptView): boolean {
  return accept.connection.hasShared(shared) && process === accept.process && uidPrefix === accept.uidPrefix;
}
