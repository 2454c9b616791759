/**
 * How long a `Retry-After` header asks to wait, in milliseconds: seconds, or an HTTP-date that is not over.
 *
 * `undefined` when there is none or it is neither (RFC 9110, section 10.2.3). `nowUnixMillis` is the wall clock, which
 * a date is compared with.
 */
export function readRetryAfter(header: string | undefined, nowUnixMillis: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  // Date.parse reads almost anything as some date; an HTTP-date begins with the day's name.
  const unixMillis = /^[A-Z][a-z]{2}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(unixMillis) ? undefined : Math.max(0, unixMillis - nowUnixMillis);
}
