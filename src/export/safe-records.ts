import type { BatchedRequest } from './request-batcher.ts';
import { type EncodedRequest, ID_STEP } from './transport/encoded-request.ts';

interface OpenBatch {
  readonly accepted: number;
  readonly summarized: number;
  /** Records of it that are not safe yet. */
  open: number;
  /** Ids of its parts that are. */
  readonly done: Set<number>;
}

/** Told how many more accepts and summaries, each in the order they came, are safe; must not throw. */
export type OnSafe = (accepts: number, summaries: number) => void;

/** Tells how many accepts and summaries are safe: on disk, or settled. */
export class SafeRecords {
  readonly #onSafe: OnSafe;
  /** By id, in the order they came. */
  readonly #open = new Map<number, OpenBatch>();

  constructor(onSafe: OnSafe) {
    this.#onSafe = onSafe;
  }

  /** The next request. */
  add({ id, records, accepted, summarized }: BatchedRequest & { readonly id: number }): void {
    this.#open.set(id, { accepted, summarized, open: records, done: new Set() });
  }

  /** A request, or a part of one, is on disk or settled; said again, or of an earlier run's, it changes nothing. */
  readonly safe = ({ id = 0, records }: EncodedRequest): void => {
    const batch = this.#open.get(id - (id % ID_STEP));
    if (!batch || batch.done.has(id)) return;
    batch.done.add(id);
    batch.open -= records;
    if (batch.open > 0) return;
    let [accepts, summaries] = [0, 0];
    for (const [first, { accepted, summarized, open }] of this.#open) {
      if (open > 0) break;
      this.#open.delete(first);
      accepts += accepted;
      summaries += summarized;
    }
    if (accepts + summaries > 0) this.#onSafe(accepts, summaries);
  };
}
