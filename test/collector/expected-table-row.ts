import type { AcceptFacts, Acceptor } from './acceptor.ts';

/** tcpaccept(8)'s row of an accept: `%-7d %-12.12s %-2d %-16s %-5d %-16s %-5d`, addresses as the socket has them. */
export function expectedTableRow(acceptor: Acceptor, facts: AcceptFacts): string {
  const family = acceptor.listeners[facts.listener]?.family;
  const columns: readonly (readonly [number, string | number])[] = [
    [7, acceptor.facts.pid],
    [12, facts.threadName],
    [2, family === 'inet6' ? 6 : 4],
    [16, facts.peerAddress],
    [5, facts.peerPort],
    [16, facts.localAddress],
    [5, facts.localPort],
  ];
  return columns.map(([width, value]) => String(value).padEnd(width)).join(' ');
}
