/**
 * The accepts that have a span and whose connections have not ended: the others' ends have none.
 *
 * As many as are followed at once, at most; then the oldest goes, whose end was most likely lost.
 */
export class AwaitedEnds {
  readonly #uids = new Set<string>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  add(uid: string): void {
    this.#uids.add(uid);
    if (this.#uids.size <= this.#most) return;
    const [oldest = uid] = this.#uids;
    this.#uids.delete(oldest);
  }

  /** Whether it was awaited; it is no more. */
  take(uid: string): boolean {
    return this.#uids.delete(uid);
  }
}
