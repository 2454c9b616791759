import { EnvironmentValues, oneOf, shown, timeout, wholeNumber } from './environment-values.ts';
import { checkCredentials } from './otlp-credentials.ts';
import { type OtlpEndpoint, type OtlpProtocol, readEndpoint } from './otlp-endpoint.ts';

export const DIAG_LEVELS = ['none', 'error', 'warn', 'info', 'debug', 'verbose', 'all'] as const;
export type DiagLevelName = (typeof DIAG_LEVELS)[number];

const EXPORTERS = ['otlp', 'console', 'none'] as const;
export type LogsExporterName = Exclude<(typeof EXPORTERS)[number], 'none'>;

/** How logs are exported, every value checked; times are milliseconds. Endpoint texts are empty without `otlp`. */
export interface OtlpSettings extends OtlpEndpoint {
  /** Each once, in the order given; empty: nothing is exported. */
  readonly exporters: readonly LogsExporterName[];
  readonly protocol: OtlpProtocol;
  readonly compression: 'none' | 'gzip';
  /** For one attempt to send a request; in the SDK's exporter, with its retries. */
  readonly timeoutMillis: number;
  readonly batch: {
    /** Records emitted whose fate is not known; what comes on top is dropped. */
    readonly maxQueueSize: number;
    readonly maxExportBatchSize: number;
    readonly scheduledDelayMillis: number;
    readonly exportTimeoutMillis: number;
  };
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
  const exporters = readExporters(values);
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
    batch: readBatch(values),
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

function readExporters(values: EnvironmentValues): LogsExporterName[] {
  const name = 'OTEL_LOGS_EXPORTER';
  const accepted = oneOf(EXPORTERS);
  const members = (values.first(name)?.text ?? 'otlp').split(',').map((member) => member.trim());
  const known = members.map((member) => accepted.parse(member));
  if (known.includes('none')) return [];
  for (const [index, member] of members.entries()) {
    if (member === '' || known[index]) continue;
    values.warnings.push(`${name}: ${shown(member)} is not understood; it accepts ${accepted.accepts}; it is left out`);
  }
  return [...new Set(known.filter((exporter) => exporter !== undefined && exporter !== 'none'))];
}

function readBatch(values: EnvironmentValues): OtlpSettings['batch'] {
  const records = wholeNumber(1, 'records');
  const maxQueueSize = values.read(['OTEL_BLRP_MAX_QUEUE_SIZE'], records, DEFAULT_MAX_QUEUE_SIZE);
  const asked = values.read(['OTEL_BLRP_MAX_EXPORT_BATCH_SIZE'], records, 512);
  const maxExportBatchSize = Math.min(asked, maxQueueSize);
  if (values.first('OTEL_BLRP_MAX_EXPORT_BATCH_SIZE') && asked > maxQueueSize) {
    values.warnings.push(
      `OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: ${asked} is more than the queue holds; ${maxQueueSize} is used`,
    );
  }
  return {
    maxQueueSize,
    maxExportBatchSize,
    scheduledDelayMillis: values.read(['OTEL_BLRP_SCHEDULE_DELAY'], wholeNumber(0, 'milliseconds'), 1000),
    exportTimeoutMillis: values.read(['OTEL_BLRP_EXPORT_TIMEOUT'], timeout, 30_000),
  };
}

/** The variable for logs wins over the one for all signals. */
function otlp(suffix: string): string[] {
  return [`OTEL_EXPORTER_OTLP_LOGS_${suffix}`, `OTEL_EXPORTER_OTLP_${suffix}`];
}

function limit(suffix: string): string[] {
  return [`OTEL_LOGRECORD_ATTRIBUTE_${suffix}`, `OTEL_ATTRIBUTE_${suffix}`];
}
