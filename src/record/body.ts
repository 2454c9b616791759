import type { AcceptRecord } from './accept-record.ts';
import type { LossRecord } from './loss-record.ts';

/** The display string of one accept: `nginx[812] accepted 10.0.0.5:51324 on 10.0.0.1:443`, IPv6 in brackets. */
export function bodyOfAccept({ connection: c }: AcceptRecord): string {
  const ipv6 = c.networkType === 'ipv6';
  return `${c.comm}[${c.pid}] accepted ${hostPort(c.peerAddress, c.peerPort, ipv6)} on ${hostPort(c.localAddress, c.localPort, ipv6)}`;
}

/** The display string of one loss: `12 accepts lost: ring_full`. */
export function bodyOfLoss({ count, cause }: LossRecord): string {
  return `${count} ${count === 1 ? 'accept' : 'accepts'} lost: ${cause}`;
}

function hostPort(address: string, port: number, ipv6: boolean): string {
  return ipv6 ? `[${address}]:${port}` : `${address}:${port}`;
}
