/**
 * Runs inside a guest: what a function hook's pins outlive. Usage: pins-in-guest.ts RESULT_FILE. Needs root.
 *
 * A thread is asleep in accept when tracing begins, and wakes while nobody reads: its accept is one only the system
 * calls' exits see, which are pinned as well until it has returned.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AcceptTracer } from '../../src/kernel/accept-tracer.ts';
import { unpin } from '../../src/kernel/unpin.ts';
import { assertFreed } from '../kernel/bpf-objects.ts';
import { PinScene } from '../kernel/pin-scene.ts';
import { Reader, type ReadRecord, recordsRead } from '../kernel/reader.ts';
import { type Listener, Server } from '../kernel/server.ts';

const SETTLED_WITHIN_MILLIS = 20_000;

export interface PinsInGuest {
  /** The client's ports, in order. */
  readonly made: readonly number[];
  readonly read: readonly ReadRecord[];
  /** Whether the exits of system calls were pinned: at the start, when nobody read, and once the sleeper was out. */
  readonly settling: readonly boolean[];
  readonly counts: { readonly ring_full: number; readonly in_ring: number };
  readonly unpinned: object;
  readonly pinsLeft: readonly string[];
  readonly eventsLeft: readonly string[];
}

async function connect(client: Server, port: number, count = 1): Promise<number[]> {
  const wanted = { family: 'inet', address: '127.0.0.1', ports: [port], count };
  const { made } = await client.run<{ made: [number, number][] }>('connect', wanted);
  return made.map(([own]) => own);
}

async function serveWhile(server: Server, client: Server, { listener, port }: Listener, count: number) {
  const serving = server.begin('serve', { listener, count, thread: 'serves' });
  const made = await connect(client, port, count);
  await serving.done;
  return made;
}

/** What is left of our kprobe events; the guest has tracefs mounted. */
function kprobeEvents(): string[] {
  const events = readFileSync('/sys/kernel/tracing/kprobe_events', 'utf8').split('\n');
  return events.filter((line) => line.includes('tcpaccept'));
}

async function run(hook: 'fexit' | 'kretprobe'): Promise<PinsInGuest> {
  using scene = new PinScene();
  await using server = await Server.start();
  await using client = await Server.start();
  const listener = await server.listen('inet', '127.0.0.1');
  const other = await server.listen('inet', '127.0.0.1');
  const asleep = server.begin('accept', { listener: listener.listener, thread: 'asleep' });
  await asleep.began;
  await pause(500);
  const isSettling = () => readdirSync(join(scene.directory, 'session')).includes('link_accept4_syscall');

  const settings = { hook, ringBytes: 1 << 20, ports: [listener.port, other.port], pinDirectory: scene.directory };
  await using first = new Reader(settings, scene.file);
  const objects = await first.ready();
  const settling = [isSettling()];
  const made = await serveWhile(server, client, other, 10);
  await first.kill();

  settling.push(isSettling());
  made.push(...(await connect(client, listener.port)));
  await asleep.done;
  made.push(...(await serveWhile(server, client, other, 100)));
  // Opening another session looks for events of dead processes: those that pins need must stay.
  new AcceptTracer({ hook, ringBytes: 4096, self: 'none' }).close();
  made.push(...(await serveWhile(server, client, other, 10)));

  await using second = new Reader(settings, scene.file);
  await second.ready();
  const deadline = performance.now() + SETTLED_WITHIN_MILLIS;
  while (isSettling() && performance.now() < deadline) await pause(100);
  settling.push(isSettling());
  made.push(...(await serveWhile(server, client, other, 10)));
  await second.kill();
  made.push(...(await serveWhile(server, client, other, 10)));
  await using third = new Reader(settings, scene.file);
  await third.ready();
  const counts = await third.stop();
  const unpinned = unpin(scene.directory);
  await assertFreed(objects);
  return {
    made,
    read: recordsRead(scene.file),
    settling,
    counts,
    unpinned,
    pinsLeft: scene.pins(),
    eventsLeft: kprobeEvents(),
  };
}

const results = { fexit: await run('fexit'), kretprobe: await run('kretprobe') };
writeFileSync(process.argv[2] ?? '/dev/stdout', JSON.stringify(results));
process.exit(0);
