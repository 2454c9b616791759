/** The numbers of the stock exporter, but for a longest wait that suits an outage of minutes. */
const INITIAL_MILLIS = 1000;
const MULTIPLIER = 1.5;
const LONGEST_MILLIS = 30_000;
const JITTER = 0.2;

/** A server that asks for more is asked again after this: it may be wrong, or no friend. */
const LONGEST_ASKED_MILLIS = 600_000;

/** How long to wait after the given number of failures in a row, from 1, when the server asked for so much or nothing. */
export type RetryDelay = (failures: number, askedMillis: number | undefined) => number;

/**
 * Exponential backoff with jitter, in milliseconds: 1 s, half as much again each time, at most 30 s, a fifth more or less.
 *
 * What the server asked for takes its place: at least 1 s, at most 10 min, and up to a fifth later, so that hosts turned
 * away together do not come back together. `random` gives numbers from 0 to 1, as `Math.random` does.
 */
export function retryDelay(random: () => number): RetryDelay {
  return (failures, askedMillis) => {
    if (askedMillis !== undefined) {
      return Math.min(Math.max(askedMillis, INITIAL_MILLIS), LONGEST_ASKED_MILLIS) * (1 + JITTER * random());
    }
    const backoff = Math.min(INITIAL_MILLIS * MULTIPLIER ** (failures - 1), LONGEST_MILLIS);
    return backoff * (1 + JITTER * (2 * random() - 1));
  };
}
