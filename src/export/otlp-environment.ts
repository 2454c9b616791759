import { type BatchSettings, readBatch } from './batch-settings.ts';
import { EnvironmentValues, oneOf, timeout, wholeNumber } from './environment-values.ts';
import { type ExporterName, readExporters } from './exporter-list.ts';
import { checkCredentials } from './otlp-credentials.ts';
import { type OtlpEndpoint, type OtlpProtocol, readEndpoint } from './otlp-endpoint.ts';

export const DIAG_LEVELS = ['none', 'error', 'warn', 'info', 'debug', 'verbose', 'all'] as const;
export type DiagLevelName = (typeof DIAG_LEVELS)[number];

/** How logs are exported, every value checked; times are milliseconds. Endpoint texts are empty without `otlp`. */
export interface OtlpSettings extends OtlpEndpoint {
  /** Each once, in the order given; empty: nothing is exported. */
  readonly exporters: readonly ExporterName[];
  readonly protocol: OtlpProtocol;
  readonly compression: 'none' | 'gzip';
  /** For one attempt to send a request; in the SDK's exporter, with its retries. */
  readonly timeoutMillis: number;
  readonly batch: BatchSettings;
  readonly limits: { readonly attributeCountLimit: number; readonly attributeValueLengthLimit: number };
  readonly diagLevel: DiagLevelName;
}

/** The specification's 2048 would lose most of a burst of accepts: a deviation that the README lists. */
export const DEFAULT_MAX_QUEUE_SIZE = 65_536;

/**
 * The OTEL_ variables for logs, meaning what OpenTelemetry's specification says; what it ignores is a warning.
 *
 * Headers and TLS files are only checked here: the exporters read them themselves, from `process.env`.
 * Throws `ERR_EXPORT_CONFIG` for an endpoint or a credential with which no export can work.
 */
export function readOtlpEnvironment(environment: NodeJS.ProcessEnv): { settings: OtlpSettings; warnings: string[] } {
  const values = new EnvironmentValues(environment);
  return { settings: readSettings(values), warnings: values.warnings };
}

/** As `readOtlpEnvironment`, with what was read still at hand. */
export function readSettings(values: EnvironmentValues): OtlpSettings {
  const exporters = readExporters(values, 'OTEL_LOGS_EXPORTER', 'otlp');
  const protocol = values.read(
    otlp('PROTOCOL'),
    oneOf(['http/protobuf', 'http/json', 'grpc']),
    'http/protobuf' as const,
  );
  const nowhere = { url: '', endpoint: '', endpointVariable: '' };
  const endpoint = exporters.includes('otlp') ? readEndpoint(values, protocol) : nowhere;
  if (exporters.includes('otlp')) checkCredentials(values, protocol);
  return {
    ...endpoint,
    exporters,
    protocol,
    compression: values.read(otlp('COMPRESSION'), oneOf(['none', 'gzip']), 'none' as const),
    timeoutMillis: values.read(otlp('TIMEOUT'), timeout, 10_000),
    batch: readBatch(values, 'BLRP', {
      items: 'records',
      maxQueueSize: DEFAULT_MAX_QUEUE_SIZE,
      scheduledDelayMillis: 1000,
    }),
    limits: {
      attributeCountLimit: values.read(limit('COUNT_LIMIT'), wholeNumber(0, 'attributes'), 128),
      attributeValueLengthLimit: values.read(
        limit('VALUE_LENGTH_LIMIT'),
        wholeNumber(1, 'characters'),
        Number.POSITIVE_INFINITY,
      ),
    },
    diagLevel: values.read(['OTEL_LOG_LEVEL'], oneOf(DIAG_LEVELS), 'info' as const),
  };
}

/** The variable for logs wins over the one for all signals. */
function otlp(suffix: string): string[] {
  return [`OTEL_EXPORTER_OTLP_LOGS_${suffix}`, `OTEL_EXPORTER_OTLP_${suffix}`];
}

function limit(suffix: string): string[] {
  return [`OTEL_LOGRECORD_ATTRIBUTE_${suffix}`, `OTEL_ATTRIBUTE_${suffix}`];
}
