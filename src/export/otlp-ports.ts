const SIGNALS = ['LOGS', 'TRACES', 'METRICS'] as const;

/** Where OTLP goes when no endpoint is named: gRPC and HTTP. */
const DEFAULT_PORTS = [4317, 4318] as const;

const PORT_OF_SCHEME: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/**
 * The ports that an application's OpenTelemetry exporters connect to, for all signals, as its environment says; each
 * once. An endpoint that is no URL is left out: nothing connects to it.
 */
export function otlpPorts(environment: NodeJS.ProcessEnv): number[] {
  const ports = SIGNALS.flatMap((signal) => {
    const names = [`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`, 'OTEL_EXPORTER_OTLP_ENDPOINT'];
    const endpoint = names.map((name) => environment[name]?.trim()).find((text) => text);
    return endpoint === undefined ? DEFAULT_PORTS : portOf(endpoint);
  });
  return [...new Set(ports)];
}

function portOf(endpoint: string): number[] {
  // gRPC takes HOST:PORT as well, over TLS.
  const text = endpoint.includes('://') ? endpoint : `https://${endpoint}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const port = Number(url?.port) || PORT_OF_SCHEME[url?.protocol ?? ''];
  return port === undefined ? [] : [port];
}
