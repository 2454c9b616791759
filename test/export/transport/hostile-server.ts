import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { numbersIn } from './encode-records.ts';

export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** As they came. */
  readonly bytes: Buffer;
  /** Unzipped. */
  readonly body: Buffer;
  /** Of the records in it. */
  readonly numbers: readonly number[];
}

/** What the server does to a request it has read. */
export type Behaviour = (response: ServerResponse, request: ReceivedRequest) => void;

/** A server on 127.0.0.1 that does to each request, by its number from 0, what it is told; hold it with `await using`. */
export class HostileServer {
  readonly requests: ReceivedRequest[] = [];
  connections = 0;
  /** Requests being answered at this moment, and the most there ever were. */
  underWay = 0;
  mostUnderWay = 0;
  readonly #server: Server;
  readonly #behaviourOf: (number: number) => Behaviour;

  static async start(
    behaviourOf: (number: number) => Behaviour,
    { port = 0, tls }: { port?: number; tls?: ServerOptions } = {},
  ): Promise<HostileServer> {
    const server = new HostileServer(behaviourOf, tls);
    await once(server.#server.listen(port, '127.0.0.1'), 'listening');
    return server;
  }

  private constructor(behaviourOf: (number: number) => Behaviour, tls: ServerOptions | undefined) {
    this.#behaviourOf = behaviourOf;
    const onRequest = (request: IncomingMessage, response: ServerResponse) => void this.#receive(request, response);
    this.#server = tls ? createTlsServer(tls, onRequest) : createServer({ keepAliveTimeout: 60_000 }, onRequest);
    this.#server.on('connection', () => this.connections++);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    response.once('close', () => this.underWay--).on('error', () => {});
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return;
    }
    const bytes = Buffer.concat(chunks);
    const { url: path = '', headers } = request;
    const body = headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
    const received = { path, headers, bytes, body, numbers: numbersIn(body) };
    const number = this.requests.push(received) - 1;
    this.#behaviourOf(number)(response, received);
  }
}
