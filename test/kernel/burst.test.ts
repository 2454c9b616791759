import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AcceptedConnection } from '../../src/kernel/accepted-connection.ts';
import { type Listener, Server } from './server.ts';
import { mostSkipped } from './state-skips.ts';
import { Trace } from './trace.ts';

const CONNECTIONS = 20_000;
/** So long that the client never waits for a repeated SYN. */
const BACKLOG = 4096;

interface Target extends Listener {
  readonly server: Server;
  readonly socketFamily: 'inet' | 'inet6';
}

interface Burst {
  readonly networkType: 'ipv4' | 'ipv6';
  readonly family: 'inet' | 'inet6';
  readonly address: string;
  readonly targets: readonly Target[];
}

async function listenOn(servers: readonly Server[]): Promise<Target[]> {
  const targets: Target[] = [];
  for (const server of servers) {
    for (const [socketFamily, address] of [['inet', '127.0.0.1'] as const, ['inet6', '::'] as const]) {
      const listener = await server.listen(socketFamily, address, { backlog: BACKLOG });
      targets.push({ ...listener, server, socketFamily });
    }
  }
  return targets;
}

/** One line a connection, with everything that tells it from another. */
async function make(client: Server, { networkType, family, address, targets }: Burst): Promise<string[]> {
  const count = CONNECTIONS / 2 / targets.length;
  const served = targets.map(({ server, listener }) =>
    server.begin('serve', { listener, count, thread: `serves-${listener}` }),
  );
  const ports = targets.map(({ port }) => port);
  const { made } = await client.run<{ made: [number, number][] }>('connect', { family, address, ports, count });
  await Promise.all(served.map(({ done }) => done));
  return made.map(([peerPort, localPort]) => {
    const target = targets.find(({ port }) => port === localPort);
    return [networkType, address, peerPort, address, localPort, target?.socketFamily, target?.server.pid].join(' ');
  });
}

function lineOf(record: AcceptedConnection): string {
  const { networkType, peerAddress, peerPort, localAddress, localPort, socketFamily, pid } = record;
  return [networkType, peerAddress, peerPort, localAddress, localPort, socketFamily, pid].join(' ');
}

test('20,000 accepts as fast as one client can, to two processes and four ports: each is one record', async () => {
  await using one = await Server.start();
  await using other = await Server.start();
  await using client = await Server.start();
  const targets = await listenOn([one, other]);
  const dualStack = targets.filter(({ socketFamily }) => socketFamily === 'inet6');
  await using trace = new Trace({ ringBytes: 1 << 22, ports: targets.map(({ port }) => port) });

  const made = await make(client, { networkType: 'ipv4', family: 'inet', address: '127.0.0.1', targets });
  made.push(...(await make(client, { networkType: 'ipv6', family: 'inet6', address: '::1', targets: dualStack })));
  const counts = await trace.stop();

  assert.equal(made.length, CONNECTIONS);
  assert.deepEqual(trace.connections.map(lineOf).sort(), made.sort());
  // A burst may well make the kernel skip a change of state.
  const { seen, filtered, submitted, unstamped, ...none } = counts;
  assert.equal(submitted, CONNECTIONS);
  assert.equal(seen, filtered + submitted);
  assert.deepEqual(
    Object.entries(none).filter(([, count]) => count !== 0),
    [],
  );
  assert.equal(new Set(trace.connections.map(({ cpu, sequence }) => `${cpu} ${sequence}`)).size, CONNECTIONS);
  const unknown = trace.connections.filter(({ queueDurationNs }) => queueDurationNs === undefined).length;
  assert.ok(
    unknown <= mostSkipped(CONNECTIONS, unstamped),
    `${unknown} without a duration, ${unstamped} changes of state skipped`,
  );
  assert.equal(trace.connections.filter(({ queueLimit }) => queueLimit !== BACKLOG).length, 0);
});
