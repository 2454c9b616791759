import { oneLine } from './foreign-text.ts';
import type { OtlpSettings } from './otlp-environment.ts';

/** What of an exporter's settings the words depend on. */
export type FailureSettings = Pick<OtlpSettings, 'protocol' | 'endpoint' | 'endpointVariable' | 'timeoutMillis'>;

/** What is exported. */
export type ExportedSignal = 'logs' | 'traces';

/** Why a batch was not delivered, in words for whoever can mend it. */
export interface ExportFailure {
  /** `rejected`: the endpoint answered, and will never take it. `dropped`: it might have, had we gone on. */
  readonly fate: 'rejected' | 'dropped';
  /** The same for the same trouble, however often: what warnings are limited by. */
  readonly cause: string;
  /** What happened, naming the endpoint. */
  readonly what: string;
  readonly mend: string;
}

/** What OTLP has a client retry over HTTP: who sees one of these here has given up. */
const HTTP_RETRYABLE = new Set([429, 502, 503, 504]);
/** gRPC's numbers for what OTLP has a client retry; the stock exporter does not, so these are given up. */
const GRPC_RETRYABLE = new Set([1, 4, 10, 11, 14, 15]);
const GRPC = { deadlineExceeded: 4, permissionDenied: 7, resourceExhausted: 8, unimplemented: 12, unauthenticated: 16 };

const BATCH_VARIABLE = { logs: 'OTEL_BLRP_MAX_EXPORT_BATCH_SIZE', traces: 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE' } as const;

const OVERLOADED = 'it is overloaded or its backend is: see its log';

type Sentence = readonly [what: string, mend: string];

/** What a failed export means; `error` is what the stock exporter called back with, or a connection's own error. */
export function explainFailure(
  error: Error,
  settings: FailureSettings,
  signal: ExportedSignal = 'logs',
): ExportFailure {
  const code: unknown = 'code' in error ? error.code : undefined;
  if (typeof code !== 'number') return failure('dropped', code ?? error.message, connectionTrouble(error, settings));
  if (settings.protocol === 'grpc') {
    const fate = GRPC_RETRYABLE.has(code) ? 'dropped' : 'rejected';
    return failure(fate, `grpc-${code}`, grpcTrouble(code, error, settings, signal));
  }
  return failure(
    HTTP_RETRYABLE.has(code) ? 'dropped' : 'rejected',
    `http-${code}`,
    httpTrouble(code, error, settings, signal),
  );
}

function failure(fate: ExportFailure['fate'], cause: unknown, [what, mend]: Sentence): ExportFailure {
  return { fate, cause: `${cause}`, what, mend };
}

function connectionTrouble(error: Error, settings: FailureSettings): Sentence {
  const { endpoint, endpointVariable: variable, timeoutMillis } = settings;
  const symptom = `${'code' in error ? error.code : ''} ${error.message}`;
  const rules: readonly (readonly [RegExp, Sentence | ((symptom: string) => Sentence)])[] = [
    [
      /ECONNREFUSED|ENOENT/,
      (found) => [`nothing listens at ${endpoint} (${found})`, `start a collector there or set ${variable}`],
    ],
    [/ENOTFOUND|EAI_AGAIN|Name resolution/, [`the host of ${endpoint} has no address`, `correct ${variable}`]],
    [/EHOSTUNREACH|ENETUNREACH/, [`there is no route to ${endpoint}`, `correct ${variable} or the network`]],
    [
      /timed out|ETIMEDOUT/,
      [`${endpoint} did not answer within ${timeoutMillis} ms`, 'see its log, or raise OTEL_EXPORTER_OTLP_TIMEOUT'],
    ],
    [/retryable status/, [`${endpoint} answered 429, 502, 503 or 504 until the time was up`, OVERLOADED]],
    [
      /ALERT_CERTIFICATE_REQUIRED/,
      [
        `${endpoint} asks for a certificate of ours`,
        'name it in OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and its key in OTEL_EXPORTER_OTLP_CLIENT_KEY',
      ],
    ],
    [
      /EPROTO|SSL|wrong version number|packet length/,
      [`${endpoint} does not speak TLS as we do`, `use http:// in ${variable} if it speaks none`],
    ],
    [
      /CERT|certificate|altnames/i,
      [
        `the certificate of ${endpoint} is not trusted (${oneLine(error.message)})`,
        'name its CA in OTEL_EXPORTER_OTLP_CERTIFICATE',
      ],
    ],
    [
      /HPE_|ECONNRESET|EPIPE|hang up|Protocol error/,
      [
        `${endpoint} broke the connection off`,
        'a gRPC port wants OTEL_EXPORTER_OTLP_PROTOCOL=grpc, an HTTP port http/protobuf',
      ],
    ],
  ];
  for (const [pattern, sentence] of rules) {
    const found = pattern.exec(symptom)?.[0];
    if (found !== undefined) return typeof sentence === 'function' ? sentence(found) : sentence;
  }
  return [`export to ${endpoint} failed (${oneLine(error.message)})`, `check ${variable}`];
}

function httpTrouble(status: number, error: Error, settings: FailureSettings, signal: ExportedSignal): Sentence {
  const { endpoint, endpointVariable: variable } = settings;
  const body = 'data' in error && typeof error.data === 'string' ? oneLine(error.data) : '';
  const answer = `${endpoint} answered ${status}`;
  switch (status) {
    case 401:
    case 403:
      return [`${answer}: not authorized`, 'set OTEL_EXPORTER_OTLP_HEADERS as it asks'];
    case 404:
    case 405:
      return [
        `${answer}: it does not take ${signal} there`,
        signal === 'logs'
          ? `set ${variable} to a collector's or Loki's, which do (Jaeger takes traces only; the path is used as it stands here)`
          : `set ${variable} to one that does (the path is used as it stands here)`,
      ];
    case 413:
      return [`${answer}: the request is too large`, `lower ${BATCH_VARIABLE[signal]} or raise its limit`];
    case 415:
      return [`${answer}: it does not take ${settings.protocol}`, 'set OTEL_EXPORTER_OTLP_PROTOCOL to what it takes'];
    case 429:
    case 502:
    case 503:
    case 504:
      return [body ? `${answer} (${body})` : answer, OVERLOADED];
    default:
      return [body ? `${answer} (${body})` : answer, 'see its log'];
  }
}

function grpcTrouble(code: number, error: Error, settings: FailureSettings, signal: ExportedSignal): Sentence {
  const { endpoint, endpointVariable: variable } = settings;
  switch (code) {
    case GRPC.deadlineExceeded:
      return connectionTrouble(new Error('timed out'), settings);
    case GRPC.permissionDenied:
    case GRPC.unauthenticated:
      return [`${endpoint} does not authorize us`, 'set OTEL_EXPORTER_OTLP_HEADERS as it asks'];
    case GRPC.resourceExhausted:
      return [
        `${endpoint} refused the request (${oneLine(error.message)})`,
        `lower ${BATCH_VARIABLE[signal]}: a collector takes 4 MiB over gRPC`,
      ];
    case GRPC.unimplemented:
      return [
        `${endpoint} does not take ${signal}`,
        `set ${variable} to one that does${signal === 'logs' ? ' (Jaeger takes traces only)' : ''}`,
      ];
    default:
      return connectionTrouble(error, settings);
  }
}
