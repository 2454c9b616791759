/** Buckets an octave: a percentile is at most a fifth too high. */
const PER_OCTAVE = 4;
/** Four octaves below a microsecond to some four days. */
const BUCKETS = 160;
const LOWEST_NS = 2 ** 6;

/** Durations by their logarithm, in a fixed 640 bytes. */
export class WaitHistogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;

  add(durationNs: number): void {
    const bucket = Math.floor(Math.log2(Math.max(durationNs, LOWEST_NS) / LOWEST_NS) * PER_OCTAVE);
    const at = Math.min(bucket, BUCKETS - 1);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#total++;
  }

  /** Adds what the other has. */
  absorb(other: WaitHistogram): void {
    for (const [bucket, count] of other.#counts.entries()) this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count;
    this.#total += other.#total;
  }

  /** The upper end, in nanoseconds, of the bucket that `share` (0 to 1) of the durations are not above; without any, `undefined`. */
  percentileNs(share: number): number | undefined {
    if (this.#total === 0) return undefined;
    let left = Math.max(1, Math.ceil(this.#total * share));
    const bucket = this.#counts.findIndex((count) => {
      left -= count;
      return left <= 0;
    });
    return LOWEST_NS * 2 ** ((bucket + 1) / PER_OCTAVE);
  }
}
