import { Client, type ClientUnaryCall, type Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { convertLegacyOtlpGrpcOptions } from '@opentelemetry/otlp-grpc-exporter-base';
import { ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../../version.ts';
import { exporterOptions } from '../exporter-options.ts';
import type { OtlpSettings } from '../otlp-environment.ts';
import { readNote } from '../response-notes.ts';
import { readRetryInfo } from './grpc-status-details.ts';
import { hideSecrets } from './hide-secrets.ts';
import type { SendOutcome } from './send-outcome.ts';

const EXPORT = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';

/** What the OTLP specification has a client try again ("OTLP/gRPC Response", Failures). */
const RETRYABLE = new Set([
  status.CANCELLED,
  status.DEADLINE_EXCEEDED,
  status.ABORTED,
  status.OUT_OF_RANGE,
  status.UNAVAILABLE,
  status.DATA_LOSS,
]);

/** How grpc-go and grpc-js, grpc-java, and others say that a message is too large, all as RESOURCE_EXHAUSTED. */
const SIZE_REFUSAL = /larger than max|exceeds maximum size|too large/i;

/** grpc-js reconnects by itself, up to this much later; the sending queue decides when to try. */
const LONGEST_RECONNECT_MILLIS = 1000;

/** In a row, before another connection is made; the stock exporter's number. */
const MOST_UNANSWERED = 5;

const keep = (bytes: Buffer) => bytes;

/**
 * Sends encoded requests to an OTLP/gRPC endpoint with @grpc/grpc-js, one attempt at a time, and tells what it answered.
 *
 * Address, credentials, metadata, compression and timeout are what the stock exporter's parser makes of the settings and
 * of `process.env`; OTEL_EXPORTER_OTLP_TIMEOUT is for one attempt, connecting included.
 */
export class GrpcTransport {
  readonly #connect: () => Client;
  #client: Client;
  #unanswered = 0;
  readonly #metadata: Metadata;
  readonly #timeoutMillis: number;
  readonly #hide: (text: string) => string;
  readonly #calls = new Set<ClientUnaryCall>();

  /** Reads the credentials; nothing is connected yet. */
  static open(settings: OtlpSettings): GrpcTransport {
    return new GrpcTransport(settings);
  }

  private constructor(settings: OtlpSettings) {
    const options = convertLegacyOtlpGrpcOptions(exporterOptions(settings), 'LOGS');
    this.#metadata = options.metadata();
    this.#timeoutMillis = options.timeoutMillis;
    const headers = Object.entries(this.#metadata.getMap()).map(([key, value]) => [key, String(value)] as const);
    this.#hide = hideSecrets(settings.url, Object.fromEntries(headers));
    const channel = {
      'grpc.default_compression_algorithm': options.compression === 'gzip' ? 2 : 0,
      'grpc.primary_user_agent': `${PACKAGE_NAME}/${PACKAGE_VERSION}`,
      'grpc.initial_reconnect_backoff_ms': LONGEST_RECONNECT_MILLIS,
      'grpc.max_reconnect_backoff_ms': LONGEST_RECONNECT_MILLIS,
      // Ours is the retry policy; grpc-js would also send again by itself.
      'grpc.enable_retries': 0,
    };
    this.#connect = () => new Client(options.url, options.credentials(), channel);
    this.#client = this.#connect();
  }

  /** Tries once to deliver `body`. Never rejects, and takes no longer than the timeout. */
  send(body: Uint8Array): Promise<SendOutcome> {
    const { promise, resolve } = Promise.withResolvers<SendOutcome>();
    const deadline = Date.now() + this.#timeoutMillis;
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    try {
      const options = { deadline };
      const call = this.#client.makeUnaryRequest(
        EXPORT,
        keep,
        keep,
        bytes,
        this.#metadata,
        options,
        (error, response) => {
          this.#calls.delete(call);
          this.#noteAnswer(error?.code);
          resolve(error ? this.#failed(error) : this.#taken(response ?? Buffer.alloc(0)));
        },
      );
      this.#calls.add(call);
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      resolve({ kind: 'retry', error: new Error(this.#hide(message)), retryAfterMillis: undefined });
    }
    return promise;
  }

  /** Ends what is under way, which then counts as not answered, and every connection. */
  close(): void {
    for (const call of this.#calls) call.cancel();
    this.#client.close();
  }

  /** A connection that is dead without a word would otherwise be used until TCP gives it up, for a quarter of an hour. */
  #noteAnswer(code: number | undefined): void {
    this.#unanswered = code === status.DEADLINE_EXCEEDED ? this.#unanswered + 1 : 0;
    if (this.#unanswered <= MOST_UNANSWERED) return;
    this.#unanswered = 0;
    this.#client.close();
    this.#client = this.#connect();
  }

  #taken(response: Buffer): SendOutcome {
    const note = readNote(ProtobufLogsSerializer, response);
    return { kind: note.rejected > 0 ? 'partial' : 'delivered', note: { ...note, message: this.#hide(note.message) } };
  }

  #failed({ code, details, metadata }: ServiceError): SendOutcome {
    const error = Object.assign(new Error(this.#hide(details)), { code });
    const retryAfterMillis = readRetryInfo(metadata?.get('grpc-status-details-bin')[0]);
    if (RETRYABLE.has(code)) return { kind: 'retry', error, retryAfterMillis };
    if (code !== status.RESOURCE_EXHAUSTED) return { kind: 'rejected', error };
    // "RESOURCE_EXHAUSTED as retryable only if the server signals that the recovery is possible", by RetryInfo.
    if (retryAfterMillis !== undefined) return { kind: 'retry', error, retryAfterMillis };
    return { kind: SIZE_REFUSAL.test(details) ? 'too-large' : 'rejected', error };
  }
}
