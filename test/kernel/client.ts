import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { inTime } from '../in-time.ts';

/** One connection as its client knows it: ends are named as the accepting side names them. */
export interface Client {
  readonly socket: Socket;
  readonly peerAddress: string;
  readonly peerPort: number;
  /** CLOCK_MONOTONIC and wall clock before the first SYN. */
  readonly beforeMonotonicNs: bigint;
  readonly beforeUnixMillis: number;
}

/** Connects and stays connected; errors after that are the test's own doing. */
export async function connectTo(port: number, host: string): Promise<Client> {
  const beforeUnixMillis = Date.now();
  const beforeMonotonicNs = process.hrtime.bigint();
  const socket = connect(port, host);
  await inTime(once(socket, 'connect'), `port ${port} of ${host} took a connection`);
  socket.on('error', () => {}).unref();
  const { localAddress = '', localPort: peerPort = 0 } = socket;
  return { socket, peerAddress: localAddress, peerPort, beforeMonotonicNs, beforeUnixMillis };
}

/** Ends connections without TIME_WAIT, so that ports do not run out. */
export function resetAll(clients: readonly Client[]): void {
  for (const { socket } of clients) socket.resetAndDestroy();
}
