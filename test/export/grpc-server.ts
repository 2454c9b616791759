import { type Metadata, Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';

const keep = (bytes: Buffer) => bytes;
const EXPORT = {
  path: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  requestStream: false,
  responseStream: false,
  requestSerialize: keep,
  requestDeserialize: keep,
  responseSerialize: keep,
  responseDeserialize: keep,
};

/** What the server says: the bytes of a response, a gRPC status, or nothing. */
export type GrpcAnswer =
  | Buffer
  | { readonly code: number; readonly details: string; readonly metadata?: Metadata }
  | undefined;

/** A gRPC server with the logs service, answering as it is told; hold it with `await using`. */
export class GrpcServer {
  readonly requests: Buffer[] = [];
  readonly #server = new Server();
  #port = 0;

  /** On a free port of 127.0.0.1, or at `address`, for instance `unix:///PATH`. */
  static async start(answer: (number: number) => GrpcAnswer, address = '127.0.0.1:0'): Promise<GrpcServer> {
    const server = new GrpcServer();
    server.#server.addService(
      { Export: EXPORT },
      {
        Export: (call: ServerUnaryCall<Buffer, Buffer>, callBack: sendUnaryData<Buffer>) => {
          const says = answer(server.requests.push(call.request) - 1);
          if (Buffer.isBuffer(says)) callBack(null, says);
          else if (says) callBack(says);
        },
      },
    );
    server.#port = await new Promise((resolve, reject) => {
      server.#server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
    return server;
  }

  get authority(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
  }
}
