import { type Metadata, Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';

const keep = (bytes: Buffer) => bytes;
const exportOf = (service: string) => ({
  path: `/opentelemetry.proto.collector.${service}/Export`,
  requestStream: false,
  responseStream: false,
  requestSerialize: keep,
  requestDeserialize: keep,
  responseSerialize: keep,
  responseDeserialize: keep,
});
const SERVICES = { logs: exportOf('logs.v1.LogsService'), traces: exportOf('trace.v1.TraceService') };

/** What the server says: the bytes of a response, a gRPC status, or nothing. */
export type GrpcAnswer =
  | Buffer
  | { readonly code: number; readonly details: string; readonly metadata?: Metadata }
  | undefined;

/** A gRPC server with the services for logs and traces, answering as it is told; hold it with `await using`. */
export class GrpcServer {
  readonly requests: Buffer[] = [];
  readonly #server = new Server();
  #port = 0;

  /** On a free port of 127.0.0.1, or at `address`, for instance `unix:///PATH`. */
  static async start(answer: (number: number) => GrpcAnswer, address = '127.0.0.1:0'): Promise<GrpcServer> {
    const server = new GrpcServer();
    const onExport = (call: ServerUnaryCall<Buffer, Buffer>, callBack: sendUnaryData<Buffer>) => {
      const says = answer(server.requests.push(call.request) - 1);
      if (Buffer.isBuffer(says)) callBack(null, says);
      else if (says) callBack(says);
    };
    server.#server.addService(SERVICES, { logs: onExport, traces: onExport });
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
