import { setTimeout } from 'node:timers';

/** Longer than anything here takes under whatever load: where the time is no claim, and shorter than a test may take. */
export const PATIENCE_MILLIS = 120_000;

/** What comes of the promise; when it takes longer, fails and says what was waited for and, by `known`, what is known. */
export async function inTime<T>(promise: Promise<T>, what: string, known: () => string = () => ''): Promise<T> {
  const late = Promise.withResolvers<never>();
  const fail = () => late.reject(new Error(`${PATIENCE_MILLIS / 1000} s passed before ${what}. ${known()}`.trim()));
  const deadline = setTimeout(fail, PATIENCE_MILLIS);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(deadline);
  }
}
