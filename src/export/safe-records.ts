import type { BatchedRequest } from './request-batcher.ts';
import { type EncodedRequest, ID_STEP } from './transport/encoded-request.ts';

interface OpenBatch {
  readonly accepted: number;
  /** Records of it that are not safe yet. */
  open: number;
  /** Ids of its parts that are. */
  readonly done: Set<number>;
}

/** Tells how many accepts, in the order they came, are safe: on disk, or settled. */
export class SafeRecords {
  readonly #onSafe: (accepts: number) => void;
  /** By id, in the order they came. */
  readonly #open = new Map<number, OpenBatch>();

  /** `onSafe` is told how many more are safe; it must not throw. */
  constructor(onSafe: (accepts: number) => void) {
    this.#onSafe = onSafe;
  }

  /** The next request. */
  add({ id, records, accepted }: BatchedRequest & { readonly id: number }): void {
    this.#open.set(id, { accepted, open: records, done: new Set() });
  }

  /** A request, or a part of one, is on disk or settled; said again, or of an earlier run's, it changes nothing. */
  readonly safe = ({ id = 0, records }: EncodedRequest): void => {
    const batch = this.#open.get(id - (id % ID_STEP));
    if (!batch || batch.done.has(id)) return;
    batch.done.add(id);
    batch.open -= records;
    if (batch.open > 0) return;
    let accepts = 0;
    for (const [first, { accepted, open }] of this.#open) {
      if (open > 0) break;
      this.#open.delete(first);
      accepts += accepted;
    }
    if (accepts > 0) this.#onSafe(accepts);
  };
}
