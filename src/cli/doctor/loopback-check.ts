import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { TcpAcceptError } from '../../errors.ts';
import { AcceptTracer } from '../../kernel/accept-tracer.ts';
import type { AcceptedConnection } from '../../kernel/accepted-connection.ts';
import type { Hook } from '../../kernel/binding.ts';
import { type Finding, fail, ok } from './check.ts';

const DEADLINE_MILLIS = 5000;
const RING_BYTES = 65_536;

/** Accepts one real connection on 127.0.0.1 and expects its record, with this process's id and both ports. */
export async function checkLoopback(hook: Hook): Promise<Finding> {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  let tracer: AcceptTracer | undefined;
  try {
    tracer = new AcceptTracer({ hook, ringBytes: RING_BYTES, ports: [port], ownProcess: true, self: 'none' });
    return await traceOneConnection(tracer, port);
  } catch (thrown) {
    const { message, code } = TcpAcceptError.from(thrown);
    return fail('loopback accept', `${message} (${code})`, 'see the hooks above');
  } finally {
    tracer?.close();
    server.close();
  }
}

async function traceOneConnection(tracer: AcceptTracer, port: number): Promise<Finding> {
  const seen = Promise.withResolvers<AcceptedConnection>();
  tracer.run((batch) => {
    const [first] = batch.connections;
    if (first) seen.resolve(first);
  });
  const client = connect(port, '127.0.0.1').resume();
  await once(client, 'connect');
  const { localPort } = client;
  client.destroy();
  const deadline = setTimeout(() => seen.reject(new Error('late')), DEADLINE_MILLIS);
  try {
    const connection = await seen.promise;
    const right = connection.peerPort === localPort && connection.localPort === port;
    const text = `${connection.comm}[${connection.pid}] accepted ${connection.peerAddress}:${connection.peerPort} on port ${connection.localPort}`;
    return right
      ? ok('loopback accept', text)
      : fail('loopback accept', `${text}, but it was ${localPort} on ${port}`, 'please report this kernel');
  } catch {
    const { seen: accepts, filtered, unreadable, missed } = tracer.counts();
    const counts = `seen=${accepts} filtered=${filtered} unreadable=${unreadable} missed=${missed}`;
    return fail(
      'loopback accept',
      `no record within ${DEADLINE_MILLIS / 1000} s (${counts})`,
      'try another --hook, and please report this kernel',
    );
  } finally {
    clearTimeout(deadline);
  }
}
