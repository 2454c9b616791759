/** An acceptor inside the kernel: RDS over TCP, which listens on a port of its own as soon as its module is there. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { AcceptTracer } from '../../src/kernel/accept-tracer.ts';
import type { AcceptedConnection } from '../../src/kernel/accepted-connection.ts';
import type { Hook } from '../../src/kernel/binding.ts';

/** RDS_TCP_PORT of net/rds/tcp.h. */
const PORT = 16385;
/** What rds_tcp_listen_init asks for (net/rds/tcp_listen.c). */
export const IN_KERNEL_BACKLOG = 64;
export const IN_KERNEL_MODULE = 'rds_tcp';
export const IN_KERNEL_CONNECTIONS = 8;
const TAKEN_WITHIN_MILLIS = 30_000;
const RECORDED_WITHIN_MILLIS = 10_000;

interface InKernelRecord {
  readonly peerPort: number;
  readonly method: string;
  readonly socketFamily: string;
  readonly queueLength?: number | undefined;
  readonly queueLimit?: number | undefined;
}

/** What the hook made of connections that a kernel thread accepted. */
export interface InKernelResult {
  readonly clientPorts: readonly number[];
  readonly records: readonly InKernelRecord[];
  readonly seen: number;
  readonly unreadable: number;
}

/** Connects one after the other, each once the one before was accepted. */
export async function traceInKernel(hook: Hook): Promise<InKernelResult> {
  await using tracer = new AcceptTracer({ hook, ringBytes: 1 << 16, self: 'none', ports: [PORT] });
  const records: AcceptedConnection[] = [];
  tracer.run((batch) => records.push(...batch.connections));
  const before = tracer.counts();
  const clientPorts: number[] = [];
  for (let i = 0; i < IN_KERNEL_CONNECTIONS; i++) {
    const client = connect(PORT, '127.0.0.1').on('error', () => {}); // RDS resets what it has no use for
    await once(client, 'connect');
    clientPorts.push(client.localPort ?? 0);
    await untilTaken();
    client.destroy();
  }
  const deadline = performance.now() + RECORDED_WITHIN_MILLIS;
  const wanted = hook === 'syscall' ? 0 : IN_KERNEL_CONNECTIONS;
  while (records.length < wanted && performance.now() < deadline) await pause(5);
  const after = tracer.counts();
  return {
    clientPorts,
    records: records.map(({ peerPort, method, socketFamily, queueLength, queueLimit }) => ({
      peerPort,
      method,
      socketFamily,
      queueLength,
      queueLimit,
    })),
    seen: after.seen - before.seen,
    unreadable: after.unreadable - before.unreadable,
  };
}

/** Nothing but accept takes a connection out of a listener's queue, which /proc shows as bytes to be read. */
async function untilTaken(): Promise<void> {
  const listening = new RegExp(`:${PORT.toString(16).toUpperCase()} \\S+ 0A \\S+:(\\S+)`, 'g');
  const deadline = performance.now() + TAKEN_WITHIN_MILLIS;
  for (;;) {
    const sockets = readFileSync('/proc/net/tcp', 'utf8') + readFileSync('/proc/net/tcp6', 'utf8');
    const queued = [...sockets.matchAll(listening)].map(([, length]) => Number.parseInt(length ?? '', 16));
    if (queued.length === 0) throw new Error(`nobody listens on ${PORT}`);
    if (queued.every((length) => length === 0)) return;
    if (performance.now() > deadline) throw new Error(`${queued} connections are not accepted`);
    await pause(5);
  }
}
