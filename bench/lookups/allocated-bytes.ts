import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** V8 first runs a function unoptimised, where every double that leaves a field is an object of its own. */
const WARM_UP_MILLIS = 300;
/** A loop so short that the collector does not come in between: even 100 bytes a call fit the young generation. */
const SLICE_CALLS = 10_000;
const SLICES = 100;

export interface Allocated {
  readonly least: number;
  readonly median: number;
}

/**
 * Bytes of the JavaScript heap that a call of `run` takes, once the compiler is done with it: the least and the median
 * of 100 times 10,000 calls. What measuring itself takes, some 100 bytes each time, is in it.
 */
export function allocatedBytes(run: (calls: number) => void): Allocated {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const warmUntil = performance.now() + WARM_UP_MILLIS;
  while (performance.now() < warmUntil) run(SLICE_CALLS);
  const slices: number[] = [];
  for (let slice = 0; slice < SLICES; slice++) {
    if (slice % 10 === 0) collect();
    const before = process.memoryUsage().heapUsed;
    run(SLICE_CALLS);
    slices.push((process.memoryUsage().heapUsed - before) / SLICE_CALLS);
  }
  slices.sort((a, b) => a - b);
  return { least: slices[0] ?? Number.NaN, median: slices[SLICES / 2] ?? Number.NaN };
}
