/**
 * Accepts connections of its own under a tracer of its own, and says what became of them in one JSON line:
 * `trace-own-process.ts none|all`, the argument being the tracer's `self`.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { AcceptTracer } from '../../src/kernel/accept-tracer.ts';
import { connectTo, resetAll } from './client.ts';

const self = process.argv[2] === 'all' ? 'all' : 'none';
const server = createServer((socket) => socket.on('error', () => {}));
await once(server.listen(0, '127.0.0.1'), 'listening');
const tracer = new AcceptTracer({ hook: 'syscall', ringBytes: 1 << 16, ownProcess: true, self });
const namespacePids: number[] = [];
tracer.run((batch) => namespacePids.push(...batch.connections.map(({ namespacePid }) => namespacePid)));

const accepted = once(server, 'connection');
const client = await connectTo((server.address() as AddressInfo).port, '127.0.0.1');
await accepted;
resetAll([client]);
server.close();
await tracer.stop();
process.stdout.write(JSON.stringify({ pid: process.pid, namespacePids, self: tracer.counts().self }));
tracer.close();
