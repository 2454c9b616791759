import { fileURLToPath } from 'node:url';
import { freePorts } from '../collector/free-ports.ts';
import { Backend, buildBackend } from './backend.ts';

export const JAEGER_CONFIG = fileURLToPath(new URL('../../otel-config/jaeger.yaml', import.meta.url));

/** The real Jaeger with the shipped configuration, on loopback. Hold it with `await using`. */
export class Jaeger {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT with http/protobuf. */
  readonly httpEndpoint: string;
  readonly grpcEndpoint: string;
  readonly queryUrl: string;
  readonly #backend: Backend;

  static async start(): Promise<Jaeger> {
    const program = await buildBackend('jaeger');
    const ports = await freePorts(5);
    const [otlpHttp, otlpGrpc, health, queryHttp, queryGrpc] = ports.map((port) => `127.0.0.1:${port}`);
    const backend = new Backend(program, ['--config', JAEGER_CONFIG], {
      JAEGER_OTLP_HTTP_ENDPOINT: otlpHttp ?? '',
      JAEGER_OTLP_GRPC_ENDPOINT: otlpGrpc ?? '',
      JAEGER_HEALTH_ENDPOINT: health ?? '',
      JAEGER_QUERY_HTTP_ENDPOINT: queryHttp ?? '',
      JAEGER_QUERY_GRPC_ENDPOINT: queryGrpc ?? '',
    });
    const jaeger = new Jaeger(backend, `http://${otlpHttp}`, `http://${otlpGrpc}`, `http://${queryHttp}`);
    try {
      await backend.untilReady(`http://${health}/status`);
      await backend.untilReady(`${jaeger.queryUrl}/api/services`);
      return jaeger;
    } catch (error) {
      await jaeger[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(backend: Backend, httpEndpoint: string, grpcEndpoint: string, queryUrl: string) {
    this.#backend = backend;
    this.httpEndpoint = httpEndpoint;
    this.grpcEndpoint = grpcEndpoint;
    this.queryUrl = queryUrl;
  }

  get log(): string {
    return this.#backend.log;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#backend[Symbol.asyncDispose]();
  }
}
