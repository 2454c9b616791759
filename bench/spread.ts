/** Several measurements of one thing. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(samples: readonly number[]): Spread {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.slice(Math.floor((sorted.length - 1) / 2), Math.floor(sorted.length / 2) + 1);
  const median = middle.reduce((sum, sample) => sum + sample, 0) / middle.length;
  return { median, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

/** What was measured in the same round, divided: the host's mood is in both. */
export function ratioOf(above: readonly number[], below: readonly number[]): Spread {
  return spreadOf(above.map((sample, round) => sample / (below[round] ?? Number.NaN)));
}

/** What was measured in the same round, subtracted. */
export function differenceOf(above: readonly number[], below: readonly number[]): Spread {
  return spreadOf(above.map((sample, round) => sample - (below[round] ?? Number.NaN)));
}

/** `1.23 (1.10 - 1.50)`: the median, the least and the most. */
export function spreadText({ median, min, max }: Spread, digits = 2): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)} - ${max.toFixed(digits)})`;
}
