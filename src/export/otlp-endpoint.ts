import { TcpAcceptError } from '../errors.ts';
import { type EnvironmentValues, oneOf, type SetVariable, shown } from './environment-values.ts';

export type OtlpProtocol = 'grpc' | 'http/protobuf' | 'http/json';

export interface OtlpEndpoint {
  /** What requests are sent to. It may hold a password or a token: never print it. */
  readonly url: string;
  /** The same for display, without user, password, query and fragment. */
  readonly endpoint: string;
  /** The variable to change to send elsewhere. */
  readonly endpointVariable: string;
}

/** What is exported, as the names of variables have it. */
export type Signal = 'LOGS' | 'METRICS' | 'TRACES';

const GENERAL = 'OTEL_EXPORTER_OTLP_ENDPOINT';

/**
 * Where a signal goes: its own variable as it is, else the general one with `/v1/logs` (for logs) appended (http), else
 * localhost.
 *
 * gRPC also takes `HOST:PORT` (TLS unless OTEL_EXPORTER_OTLP_INSECURE is true) and `unix:///PATH`, as the specification
 * of OTLP exporters asks. Throws `ERR_EXPORT_CONFIG` for anything else.
 */
export function readEndpoint(values: EnvironmentValues, protocol: OtlpProtocol, signal: Signal = 'LOGS'): OtlpEndpoint {
  const given = values.first(`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`, GENERAL);
  const endpointVariable = given?.name ?? GENERAL;
  const target = protocol === 'grpc' ? grpcTarget(values, given, signal) : httpTarget(given, signal);
  return { ...target, endpointVariable };
}

function httpTarget(given: SetVariable | undefined, signal: Signal) {
  const url = given ? parsedUrl(given.text) : new URL('http://localhost:4318');
  if (!url) throw unusable(given, 'http://localhost:4318');
  const isGeneral = !given || given.name === GENERAL;
  if (isGeneral) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/${signal.toLowerCase()}`;
  return { url: url.href, endpoint: `${url.origin}${url.pathname}` };
}

function grpcTarget(values: EnvironmentValues, given: SetVariable | undefined, signal: Signal) {
  const text = given?.text ?? 'http://localhost:4317';
  if (/^unix:\/\/\//.test(text)) return { url: text, endpoint: text };
  const url = parsedUrl(text.includes('://') ? text : `${isInsecure(values, signal) ? 'http' : 'https'}://${text}`);
  if (!url) throw unusable(given, 'http://localhost:4317');
  if (url.protocol === 'http:' && !url.port) {
    // The URL standard has no way to tell port 80 from none, and gRPC's own default is 443.
    values.warnings.push(`${given?.name}: ${url.origin} names no port but 80; the gRPC client connects to port 443`);
  }
  return { url: url.origin, endpoint: url.origin };
}

function parsedUrl(text: string): URL | undefined {
  return /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
}

function isInsecure(values: EnvironmentValues, signal: Signal): boolean {
  const names = [`OTEL_EXPORTER_OTLP_${signal}_INSECURE`, 'OTEL_EXPORTER_OTLP_INSECURE'];
  return values.read(names, oneOf(['true', 'false']), 'false') === 'true';
}

function unusable(given: SetVariable | undefined, example: string): TcpAcceptError {
  const withoutSecrets = (given?.text ?? '').replace(/[^/]*@/, '***@').replace(/[?#].*$/s, '');
  return new TcpAcceptError(
    'ERR_EXPORT_CONFIG',
    `${given?.name}: ${shown(withoutSecrets)} is no URL with http:// or https:// and a host; set it, for instance, to ${example}`,
  );
}
