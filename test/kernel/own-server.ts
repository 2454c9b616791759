import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { inTime } from '../in-time.ts';
import { type Client, connectTo } from './client.ts';

/** A server of this very process. */
export class OwnServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(host = '127.0.0.1'): Promise<OwnServer> {
    const server = createServer((socket) => socket.on('error', () => {}).unref());
    await once(server.listen(0, host), 'listening');
    return new OwnServer(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** One connection, accepted and then reset: what the kernel records of it is in the ring. */
  async accept(host = '127.0.0.1'): Promise<Client> {
    const accepted = once(this.#server, 'connection');
    const client = await connectTo(this.port, host);
    const [socket]: Socket[] = await inTime(accepted, 'this process accepted its connection');
    socket?.destroy();
    client.socket.resetAndDestroy();
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await once(this.#server.close(), 'close');
  }
}
