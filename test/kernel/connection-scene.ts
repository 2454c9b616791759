import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { type Clocks, type Listener, Server } from './server.ts';
import { Trace } from './trace.ts';

/** One connection of the server to itself: the descriptors of its ends, and the client's port. */
export interface Pair {
  readonly client: number;
  readonly accepted: number;
  readonly peerPort: number;
}

/** A server in a network of its own, whose connections are followed to their end. */
export class ConnectionScene {
  readonly server: Server;
  readonly trace: Trace;
  readonly #listener: Listener;

  static async open(protocol = 0): Promise<ConnectionScene> {
    const server = await Server.start('unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh');
    try {
      const listener = await server.listen('inet', '127.0.0.1', { protocol });
      return new ConnectionScene(server, listener);
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(server: Server, listener: Listener) {
    this.server = server;
    this.#listener = listener;
    this.trace = new Trace({ pid: server.pid, connections: true });
  }

  async connect(protocol = 0): Promise<Pair> {
    const { client, peerPort } = await this.connectOnly(protocol);
    return { client, accepted: await this.accept(), peerPort };
  }

  /** One that waits in the accept queue. */
  async connectOnly(protocol = 0): Promise<Omit<Pair, 'accepted'>> {
    const args = { address: '127.0.0.1', port: this.#listener.port, protocol };
    const { port, descriptor } = await this.server.run<{ port: number; descriptor: number }>('connect_and_stay', args);
    return { client: descriptor, peerPort: port };
  }

  /** The descriptor. */
  async accept(): Promise<number> {
    const { accepted } = await this.server.accept(this.#listener);
    return accepted[0]?.descriptor ?? assert.fail('nothing was accepted');
  }

  async transfer(sender: number, receiver: number, size: number): Promise<void> {
    await this.server.run('transfer', { sender, receiver, size });
  }

  async to(name: 'close' | 'shut' | 'abort', descriptor: number): Promise<void> {
    await this.server.run(name, { descriptor });
  }

  async awaitEnd(descriptor: number): Promise<string> {
    return (await this.server.run<{ end: string }>('await_end', { descriptor })).end;
  }

  async clocks(): Promise<Clocks> {
    return (await this.server.run<{ now: Clocks }>('describe')).now;
  }

  /** Whether every packet to this end is lost on its way. */
  async setDeaf(descriptor: number, isDeaf: boolean): Promise<void> {
    await this.server.run('set_deaf', { descriptor, is_deaf: isDeaf });
  }

  /** As somebody does who wants a connection gone, from neither of its ends. */
  kill(peerPort: number): void {
    const filter = ['sport', '=', `:${this.#listener.port}`, 'dport', '=', `:${peerPort}`];
    execFileSync('nsenter', [`--net=/proc/${this.server.pid}/ns/net`, 'ss', '--kill', '--tcp', ...filter]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.trace[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}
