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

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** The connection breaks after the headers. */
  readonly cutOff?: true;
}

export interface OtlpRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Unzipped. */
  readonly body: Buffer;
}

/** What the server says to the request of this number, from 0; `undefined` is no answer at all. */
export type Answers = (number: number) => Answer | undefined | Promise<Answer | undefined>;

export const TAKEN: Answer = { status: 200 };

/** A server on 127.0.0.1 that answers OTLP requests as it is told, and keeps them; hold it with `await using`. */
export class OtlpServer {
  readonly requests: OtlpRequest[] = [];
  readonly #server: Server;
  readonly #answers: Answers;

  static async start(answers: Answers = () => TAKEN, tls?: ServerOptions): Promise<OtlpServer> {
    const server = new OtlpServer(answers, tls);
    await once(server.#server.listen(0, '127.0.0.1'), 'listening');
    return server;
  }

  private constructor(answers: Answers, tls: ServerOptions | undefined) {
    this.#answers = answers;
    const onRequest = (request: IncomingMessage, response: ServerResponse) => this.#answer(request, response);
    this.#server = tls ? createTlsServer(tls, onRequest) : createServer(onRequest);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Every log record of every JSON request, in order. */
  jsonRecords(): JsonRecord[] {
    return this.requests.flatMap(({ body }) => {
      const { resourceLogs }: JsonRequest = JSON.parse(body.toString());
      return resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const { url: path = '', headers } = request;
    const body = headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
    const number = this.requests.push({ path, headers, body }) - 1;
    const answer = await this.#answers(number);
    if (!answer) return;
    response.writeHead(answer.status, answer.headers);
    if (answer.cutOff) response.write('cut', () => response.destroy());
    else response.end(answer.body);
  }
}

export interface JsonRecord {
  readonly eventName?: string;
  readonly attributes: readonly {
    readonly key: string;
    readonly value: { readonly stringValue?: string; readonly intValue?: number };
  }[];
  readonly droppedAttributesCount: number;
}

interface JsonRequest {
  readonly resourceLogs: readonly {
    readonly scopeLogs: readonly { readonly logRecords: readonly JsonRecord[] }[];
  }[];
}
