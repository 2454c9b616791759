/**
 * Runs inside a guest: the same connections under each hook, and what became of them, as one JSON file.
 *
 * Usage: accepts-in-guest.ts RESULT_FILE. Needs root and python3; load is bounded by the constants below.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { AcceptTracer, type KernelCounts } from '../../src/kernel/accept-tracer.ts';
import type { AcceptedConnection } from '../../src/kernel/accepted-connection.ts';
import { HOOKS, type Hook } from '../../src/kernel/binding.ts';

/** What a hook made of the connections of one guest. */
export interface HookResult {
  readonly hook: Hook;
  readonly made: number;
  /** Connections with no record of their own. */
  readonly unseen: number;
  /** Records with no connection of their own. */
  readonly extra: number;
  readonly wrong: readonly string[];
  readonly queueDurations: number;
  readonly queueLimits: number;
  readonly counts: KernelCounts;
}

const SLEEPERS = 64;
const CONNECTIONS = 512;
const BACKLOG = 128;

/** SLEEPERS threads blocked in accept() on one dual-stack listener; prints its port once all of them are asleep. */
const SERVER = `
import os, socket, threading
s = socket.socket(socket.AF_INET6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
s.bind(('::', 0)); s.listen(${BACKLOG})
def serve():
    while True: s.accept()[0].close()
threads = [threading.Thread(target=serve, daemon=True) for _ in range(${SLEEPERS})]
for t in threads: t.start()
def asleep(t):
    return open(f'/proc/self/task/{t.native_id}/syscall').read().split()[0] in ('43', '288')
while not all(asleep(t) for t in threads): pass
print(s.getsockname()[1], flush=True)
threading.Event().wait()
`;

async function traceUnder(hook: Hook): Promise<HookResult> {
  const server = spawn('python3', ['-c', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  const port = Number(line.toString());
  const tracer = new AcceptTracer({ hook, ringBytes: 1 << 20, ports: [port], self: 'none' });
  const seen = new Map<string, AcceptedConnection[]>();
  tracer.run((batch) => {
    for (const c of batch.connections)
      seen.set(`${c.networkType} ${c.peerPort}`, [...(seen.get(`${c.networkType} ${c.peerPort}`) ?? []), c]);
  });
  try {
    const made = await makeConnections(port);
    await tracer.stop();
    return summarise(hook, made, seen, server.pid ?? 0, tracer.counts());
  } finally {
    tracer.close();
    server.kill('SIGKILL');
  }
}

async function makeConnections(port: number): Promise<string[]> {
  const made: string[] = [];
  for (let i = 0; i < CONNECTIONS; i++) {
    const ipv6 = i % 2 === 1;
    const client = connect(port, ipv6 ? '::1' : '127.0.0.1').resume();
    await once(client, 'connect');
    made.push(`${ipv6 ? 'ipv6' : 'ipv4'} ${client.localPort}`);
    await once(client, 'close');
  }
  return made;
}

/** A client's port may be given out again, so connections are compared by how often each key was made and seen. */
function summarise(
  hook: Hook,
  made: readonly string[],
  seen: ReadonlyMap<string, readonly AcceptedConnection[]>,
  serverPid: number,
  counts: KernelCounts,
): HookResult {
  const found = [...seen.values()].flat();
  const surplus = [...new Set([...made, ...seen.keys()])].map(
    (key) => (seen.get(key)?.length ?? 0) - made.filter((other) => other === key).length,
  );
  return {
    hook,
    made: made.length,
    unseen: -surplus.filter((count) => count < 0).reduce((sum, count) => sum + count, 0),
    extra: surplus.filter((count) => count > 0).reduce((sum, count) => sum + count, 0),
    wrong: found
      .filter(
        (c) => c.pid !== serverPid || c.socketFamily !== 'inet6' || c.method !== 'syscall' || c.socketCookie === 0n,
      )
      .map((c) => `${c.comm}[${c.pid}] ${c.socketFamily} ${c.method} cookie ${c.socketCookie}`),
    queueDurations: found.filter((c) => c.queueDurationNs !== undefined).length,
    queueLimits: found.filter((c) => c.queueLimit === BACKLOG).length,
    counts,
  };
}

const results: HookResult[] = [];
for (const hook of HOOKS) results.push(await traceUnder(hook));
writeFileSync(process.argv[2] ?? '/dev/stdout', JSON.stringify(results));
process.exit(0);
