import { readFileSync } from 'node:fs';

/** /proc/uptime counts hundredths, rounded down. */
const TICK_NS = 10_000_000n;
const [uptimeSeconds = ''] = readFileSync('/proc/uptime', 'utf8').split(' ');
const readAtNs = process.hrtime.bigint();
const uptimeNs = BigInt(uptimeSeconds.replace('.', '')) * TICK_NS;

/** CLOCK_BOOTTIME now, or up to 10 ms later: never before the start of a process that has started. */
export function bootNs(): bigint {
  return uptimeNs + TICK_NS + process.hrtime.bigint() - readAtNs;
}
