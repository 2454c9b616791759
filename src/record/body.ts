import type { AcceptRecord } from './accept-record.ts';
import type { ListenerRecord } from './listener-record.ts';
import type { LossRecord } from './loss-record.ts';
import { each, ofListener, ofTask, type Reading, u16 } from './reading.ts';
import type { SummaryRecord } from './summary-record.ts';

/** The pieces of an accept's display string: `nginx[812] accepted 10.0.0.5:51324 on 10.0.0.1:443`, IPv6 in brackets. */
export const ACCEPT_BODY: readonly Reading[] = [
  ofTask(({ connection: c }) => `${c.comm}[${c.pid}] accepted `),
  each(({ connection: c }) => hostPort(c.peerAddress, c.peerPort, c.networkType === 'ipv6'), {
    pieces: ({ connection: { isIpv4 } }) => {
      const [address, port] = [{ address: 'peer_address' }, u16('peer_port')] as const;
      return isIpv4 ? [address, ':', port] : ['[', address, ']:', port];
    },
  }),
  ofListener(({ connection: c }) => ` on ${hostPort(c.localAddress, c.localPort, c.networkType === 'ipv6')}`),
];

/** The display string of one accept. */
export function bodyOfAccept(record: AcceptRecord): string {
  return ACCEPT_BODY.map(({ value }) => value(record)).join('');
}

/** The display string of one summary: `nginx[812] accepted 1200 connections from 10.0.0.5 on 10.0.0.1:443`. */
export function bodyOfSummary({ summary }: SummaryRecord): string {
  const { accepts, process, listener, peerAddress, peerPrefix } = summary;
  const what = `${accepts} ${accepts === 1 ? 'connection' : 'connections'}`;
  const peer = peerAddress ?? peerPrefix;
  const from = peer ? ` from ${peer}` : '';
  const on = listener
    ? ` on ${hostPort(listener.localAddress, listener.localPort, listener.networkType === 'ipv6')}`
    : '';
  return process ? `${process.comm}[${process.pid}] accepted ${what}${from}${on}` : `${what} accepted${from}${on}`;
}

/** The display string of one loss: `12 accepts lost: ring_full`. */
export function bodyOfLoss({ count, accepts, cause }: LossRecord): string {
  const what = count === accepts ? '' : `${count} ${count === 1 ? 'record' : 'records'} of `;
  return `${what}${accepts} ${accepts === 1 ? 'accept' : 'accepts'} lost: ${cause}`;
}

/** The display string of one listener: `nginx[812] listens on 10.0.0.1:443, 3 of 511 queued`. */
export function bodyOfListener({ listener: l }: ListenerRecord): string {
  const { comm, pid } = l.owners[0];
  const place = hostPort(l.localAddress, l.localPort, l.networkType === 'ipv6');
  return `${comm}[${pid}] listens on ${place}, ${l.queueLength} of ${l.queueLimit} queued`;
}

function hostPort(address: string, port: number, ipv6: boolean): string {
  return ipv6 ? `[${address}]:${port}` : `${address}:${port}`;
}
