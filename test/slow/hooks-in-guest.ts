/** Runs inside a guest: one accept under each hook. Usage: hooks-in-guest.ts RESULT_FILE. Needs root. */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { arch, release } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { TcpAcceptError } from '../../src/errors.ts';
import { AcceptTracer, type KernelCounts } from '../../src/kernel/accept-tracer.ts';
import type { AcceptedConnection } from '../../src/kernel/accepted-connection.ts';
import { HOOKS, type Hook } from '../../src/kernel/binding.ts';

const BACKLOG = 77;
const DEADLINE_MILLIS = 20_000;

export interface Sight {
  /** As the client knows it. */
  readonly made: { readonly peerPort: number; readonly localPort: number; readonly pid: number; readonly comm: string };
  /** What was seen; 64-bit numbers as text. */
  readonly records: readonly Readonly<Record<string, string | number | undefined>>[];
  readonly counts: KernelCounts;
  readonly instructions: Readonly<Record<string, number>>;
}

export interface GuestSights {
  readonly machine: string;
  readonly release: string;
  readonly backlog: number;
  /** Or the refusal, as `code: message`. */
  readonly hooks: Readonly<Record<Hook, Sight | string>>;
}

async function look(hook: Hook): Promise<Sight | string> {
  const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1', BACKLOG);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    await using tracer = new AcceptTracer({ hook, ringBytes: 65_536, ports: [port], self: 'none' });
    const records: AcceptedConnection[] = [];
    tracer.run((batch) => records.push(...batch.connections));
    const client = connect(port, '127.0.0.1');
    await once(client, 'connect');
    const comm = readFileSync('/proc/self/comm', 'utf8').trim();
    const made = { peerPort: client.localPort ?? 0, localPort: port, pid: process.pid, comm };
    const deadline = performance.now() + DEADLINE_MILLIS;
    while (records.length === 0 && performance.now() < deadline) await delay(20);
    await tracer.stop();
    client.resetAndDestroy();
    const asJson = (_name: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
    return {
      made,
      records: JSON.parse(JSON.stringify(records.map(fieldsOf), asJson)),
      counts: tracer.counts(),
      instructions: tracer.verifiedInstructions(),
    };
  } catch (thrown) {
    const { code, message, log = '' } = TcpAcceptError.from(thrown);
    return `${code}: ${message}\n${log}`;
  } finally {
    server.close();
  }
}

function fieldsOf(record: AcceptedConnection): object {
  const { pid, tid, comm, peerAddress, peerPort, localAddress, localPort, queueLength, queueLimit } = record;
  const { queueDurationNs, socketCookie, method, networkNamespace, userId } = record;
  const process = { pid, tid, comm, userId, networkNamespace };
  const connection = { peerAddress, peerPort, localAddress, localPort, method, socketCookie };
  return { ...process, ...connection, queueLength, queueLimit, queueDurationNs };
}

const hooks: Partial<Record<Hook, Sight | string>> = {};
for (const hook of HOOKS) hooks[hook] = await look(hook);
writeFileSync(
  process.argv[2] ?? '/dev/stdout',
  JSON.stringify({ machine: arch(), release: release(), backlog: BACKLOG, hooks }),
);
process.exit(0);
