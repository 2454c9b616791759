/** Runs inside a guest with two processors: accepts while one goes away and comes back. Usage: unplug-in-guest.ts RESULT_FILE */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { KernelCounts } from '../../src/kernel/accept-tracer.ts';
import { HOOKS, type Hook } from '../../src/kernel/binding.ts';
import { type Listener, Server } from '../kernel/server.ts';
import { Trace } from '../kernel/trace.ts';

const ONLINE = '/sys/devices/system/cpu/cpu1/online';
const CPUS = [0, 1] as const;
const ROUNDS = 3;
/** Where the second processor was away whenever something was accepted, there are more. */
const MOST_ROUNDS = 9;
const CONNECTIONS_A_SERVER = 100;
/** How long the processor is away, and how long it is back: an emulator needs a while for either change. */
const AWAY_MILLIS = 100;
const BACK_MILLIS = 1000;
const BACKLOG = 4096;

export interface Unplugged {
  /** `peer port, port, pid of the server`, one a connection, sorted. */
  readonly made: readonly string[];
  readonly reported: readonly string[];
  /** Without a time in the queue. */
  readonly unstamped: number;
  readonly counts: KernelCounts;
  /** Of the records. */
  readonly cpus: readonly number[];
  /** How often the processor went and came back while connections were made. */
  readonly unplugs: number;
}

interface Target extends Listener {
  readonly server: Server;
  readonly client: Server;
  readonly cpu: number;
}

async function startTargets(): Promise<Target[]> {
  const targets: Target[] = [];
  for (const cpu of CPUS) {
    const [server, client] = await Promise.all([Server.start(), Server.start()]);
    targets.push({ ...(await server.listen('inet', '127.0.0.1', { backlog: BACKLOG })), server, client, cpu });
  }
  return targets;
}

/** Puts each server on its processor, at each round anew: one that goes away sets its threads free. Both are online. */
function place(targets: readonly Target[]): void {
  for (const { server, cpu } of targets) execFileSync('taskset', ['-a', '-c', '-p', `${cpu}`, `${server.pid}`]);
}

/** What the clients say they made. */
async function makeRound(targets: readonly Target[]): Promise<string[]> {
  const rounds = targets.map(async ({ server, client, listener, port, cpu }) => {
    const count = CONNECTIONS_A_SERVER;
    const served = server.begin('serve', { listener, count, thread: `serves-${cpu}` });
    await served.began;
    const args = { family: 'inet', address: '127.0.0.1', ports: [port], count };
    const { made } = await client.run<{ made: [number, number][] }>('connect', args);
    await served.done;
    return made.map(([peerPort]) => `${peerPort} ${port} ${server.pid}`);
  });
  return (await Promise.all(rounds)).flat();
}

async function unplugWhile(running: Promise<unknown>): Promise<number> {
  let unplugs = 0;
  let isRunning = true;
  const ended = running.finally(() => {
    isRunning = false;
  });
  while (isRunning) {
    writeFileSync(ONLINE, '0');
    await Promise.race([ended, delay(AWAY_MILLIS)]);
    writeFileSync(ONLINE, '1');
    if (isRunning) unplugs++;
    await Promise.race([ended, delay(BACK_MILLIS)]);
  }
  return unplugs;
}

async function unplug(hook: Hook): Promise<Unplugged> {
  const targets = await startTargets();
  await using trace = new Trace({ hook, ringBytes: 1 << 22, ports: targets.map(({ port }) => port) });
  const made: string[] = [];
  const cpus = new Set<number>();
  let unplugs = 0;
  for (let round = 0; round < ROUNDS || (cpus.size < CPUS.length && round < MOST_ROUNDS); round++) {
    place(targets);
    const making = makeRound(targets);
    unplugs += await unplugWhile(making);
    made.push(...(await making));
    trace.tracer.drain();
    for (const { cpu } of trace.connections) cpus.add(cpu);
  }
  const counts = await trace.stop();
  const { connections } = trace;
  for (const { server, client } of targets) {
    await server[Symbol.asyncDispose]();
    await client[Symbol.asyncDispose]();
  }
  return {
    made: made.sort(),
    reported: connections.map(({ peerPort, localPort, pid }) => `${peerPort} ${localPort} ${pid}`).sort(),
    unstamped: connections.filter(({ queueDurationNs }) => queueDurationNs === undefined).length,
    counts,
    cpus: [...cpus].sort(),
    unplugs,
  };
}

if (import.meta.main) {
  if (readFileSync(ONLINE, 'utf8') !== '1\n') throw new Error('the guest has no second processor');
  const results: Partial<Record<Hook, Unplugged>> = {};
  for (const hook of HOOKS) results[hook] = await unplug(hook);
  writeFileSync(process.argv[2] ?? '/dev/stdout', JSON.stringify(results));
  process.exit(0);
}
