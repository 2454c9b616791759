import { EnvironmentValues, oneOf, timeout, wholeNumber } from './environment-values.ts';
import { type ExporterName, readExporters } from './exporter-list.ts';
import { checkCredentials } from './otlp-credentials.ts';
import { type OtlpEndpoint, type OtlpProtocol, readEndpoint } from './otlp-endpoint.ts';

/** How metrics are exported, every value checked. Endpoint texts are empty without `otlp`. */
export interface MetricsSettings extends OtlpEndpoint {
  /** Each once; empty: none. */
  readonly exporters: readonly ExporterName[];
  readonly protocol: OtlpProtocol;
  readonly intervalMillis: number;
  /** For one export; at most the interval, as the SDK asks. */
  readonly timeoutMillis: number;
}

/**
 * The OTEL_ variables for metrics; without OTEL_METRICS_EXPORTER there are none.
 *
 * Headers, TLS files, compression, timeout of a request and temporality are for the stock exporters to read from
 * `process.env`. Throws `ERR_EXPORT_CONFIG` for an endpoint or a credential with which no export can work.
 */
export function readMetricsEnvironment(environment: NodeJS.ProcessEnv): {
  readonly settings: MetricsSettings;
  readonly warnings: readonly string[];
} {
  const values = new EnvironmentValues(environment);
  return { settings: readMetricsSettings(values), warnings: values.warnings };
}

/** As `readMetricsEnvironment`, with what was read still at hand. */
export function readMetricsSettings(values: EnvironmentValues): MetricsSettings {
  const exporters = readExporters(values, 'OTEL_METRICS_EXPORTER', 'none');
  const protocol = values.read(
    ['OTEL_EXPORTER_OTLP_METRICS_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'],
    oneOf(['http/protobuf', 'http/json', 'grpc']),
    'http/protobuf' as const,
  );
  const nowhere = { url: '', endpoint: '', endpointVariable: '' };
  const endpoint = exporters.includes('otlp') ? readEndpoint(values, protocol, 'METRICS') : nowhere;
  if (exporters.includes('otlp')) checkCredentials(values, protocol, 'METRICS');
  const intervalMillis = values.read(['OTEL_METRIC_EXPORT_INTERVAL'], wholeNumber(1, 'milliseconds'), 60_000);
  const asked = values.read(['OTEL_METRIC_EXPORT_TIMEOUT'], timeout, 30_000);
  const timeoutMillis = Math.min(asked, intervalMillis);
  if (values.origins.has('OTEL_METRIC_EXPORT_TIMEOUT') && asked > intervalMillis) {
    values.warnings.push(`OTEL_METRIC_EXPORT_TIMEOUT: ${asked} is more than the interval; ${timeoutMillis} is used`);
  }
  return { ...endpoint, exporters, protocol, intervalMillis, timeoutMillis };
}
