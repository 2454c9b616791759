/** UTC with all nine digits of nanoseconds: RFC 3339 5.6. */
export function rfc3339(unixNs: bigint): string {
  const nanoseconds = (unixNs % 1_000_000_000n).toString().padStart(9, '0');
  const seconds = new Date(Number(unixNs / 1_000_000_000n) * 1000).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length);
  return `${seconds}.${nanoseconds}Z`;
}
