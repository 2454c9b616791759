import { setTimeout as pause } from 'node:timers/promises';
import { connectTo, resetAll } from './client.ts';
import type { Listener, Server } from './server.ts';

/** How long one connection was in an accept queue, from outside. */
export interface SlowAccept {
  readonly peerPort: number;
  readonly leastNs: bigint;
  readonly mostNs: bigint;
}

/** One connection that the server accepts only after a while. */
export async function acceptSlowly(server: Server, listener: Listener, afterMillis: number): Promise<SlowAccept> {
  const client = await connectTo(listener.port, '127.0.0.1');
  const queuedNs = await server.queued(listener, 1);
  await pause(afterMillis);
  const { accepted } = await server.accept(listener);
  const [facts] = accepted;
  if (!facts) throw new Error('nothing was accepted');
  resetAll([client]);
  return {
    peerPort: client.peerPort,
    leastNs: BigInt(facts.before.monotonic) - queuedNs,
    mostNs: BigInt(facts.after.monotonic) - client.beforeMonotonicNs,
  };
}
