import { type BatchSettings, readBatch } from './batch-settings.ts';
import { type Accepted, EnvironmentValues, oneOf, timeout, wholeNumber } from './environment-values.ts';
import { type ExporterName, readExporters } from './exporter-list.ts';
import { checkCredentials } from './otlp-credentials.ts';
import { type OtlpEndpoint, type OtlpProtocol, readEndpoint } from './otlp-endpoint.ts';
import { DIAG_LEVELS, type DiagLevelName } from './otlp-environment.ts';

const RATIO_SAMPLERS = ['traceidratio', 'parentbased_traceidratio'] as const;
const SAMPLERS = [
  'always_on',
  'always_off',
  'parentbased_always_on',
  'parentbased_always_off',
  ...RATIO_SAMPLERS,
] as const;
/** What is done without OTEL_TRACES_SAMPLER: the specification's `parentbased_always_on` would make a span of every accept. */
export const DEFAULT_SAMPLER = 'at most 100 spans a second';

export type SamplerName = (typeof SAMPLERS)[number] | typeof DEFAULT_SAMPLER;

/** How traces are exported, every value checked; times are milliseconds. Endpoint texts are empty without `otlp`. */
export interface TracesSettings extends OtlpEndpoint {
  /** Each once; empty: none. */
  readonly exporters: readonly ExporterName[];
  readonly protocol: OtlpProtocol;
  readonly compression: 'none' | 'gzip';
  /** For one batch with all its retries. */
  readonly timeoutMillis: number;
  readonly batch: BatchSettings;
  readonly limits: { readonly attributeCountLimit: number; readonly attributeValueLengthLimit: number };
  readonly sampler: SamplerName;
  /** From 0 to 1, for a sampler that takes one. */
  readonly ratio: number;
  readonly diagLevel: DiagLevelName;
}

/**
 * The OTEL_ variables for traces, meaning what OpenTelemetry's specification says; without OTEL_TRACES_EXPORTER there are
 * none.
 *
 * Headers and TLS files are only checked here: the exporters read them themselves, from `process.env`.
 * Throws `ERR_EXPORT_CONFIG` for an endpoint or a credential with which no export can work.
 */
export function readTracesEnvironment(environment: NodeJS.ProcessEnv): {
  readonly settings: TracesSettings;
  readonly warnings: readonly string[];
} {
  const values = new EnvironmentValues(environment);
  return { settings: readTracesSettings(values), warnings: values.warnings };
}

/** As `readTracesEnvironment`, with what was read still at hand. */
export function readTracesSettings(values: EnvironmentValues): TracesSettings {
  const exporters = readExporters(values, 'OTEL_TRACES_EXPORTER', 'none');
  const protocol = values.read(
    otlp('PROTOCOL'),
    oneOf(['http/protobuf', 'http/json', 'grpc']),
    'http/protobuf' as const,
  );
  const nowhere = { url: '', endpoint: '', endpointVariable: '' };
  const endpoint = exporters.includes('otlp') ? readEndpoint(values, protocol, 'TRACES') : nowhere;
  if (exporters.includes('otlp')) checkCredentials(values, protocol, 'TRACES');
  return {
    ...endpoint,
    exporters,
    protocol,
    compression: values.read(otlp('COMPRESSION'), oneOf(['none', 'gzip']), 'none' as const),
    timeoutMillis: values.read(otlp('TIMEOUT'), timeout, 10_000),
    batch: readBatch(values, 'BSP', { items: 'spans', maxQueueSize: 2048, scheduledDelayMillis: 5000 }),
    limits: {
      attributeCountLimit: values.read(limit('COUNT_LIMIT'), wholeNumber(0, 'attributes'), 128),
      attributeValueLengthLimit: values.read(
        limit('VALUE_LENGTH_LIMIT'),
        wholeNumber(1, 'characters'),
        Number.POSITIVE_INFINITY,
      ),
    },
    ...readSampler(values),
    diagLevel: values.read(['OTEL_LOG_LEVEL'], oneOf(DIAG_LEVELS), 'info' as const),
  };
}

function readSampler(values: EnvironmentValues): Pick<TracesSettings, 'sampler' | 'ratio'> {
  const argument = 'OTEL_TRACES_SAMPLER_ARG';
  const sampler = values.read(['OTEL_TRACES_SAMPLER'], oneOf(SAMPLERS), DEFAULT_SAMPLER);
  if (RATIO_SAMPLERS.some((name) => name === sampler)) return { sampler, ratio: values.read([argument], RATIO, 1) };
  if (values.first(argument)) {
    values.warnings.push(
      `${argument}: only OTEL_TRACES_SAMPLER=${RATIO_SAMPLERS.join(' or ')} takes one; it is left out`,
    );
  }
  return { sampler, ratio: 1 };
}

const RATIO: Accepted<number> = {
  parse: (text) => {
    const ratio = /^(\d+\.?\d*|\.\d+)(e-?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    return ratio >= 0 && ratio <= 1 ? ratio : undefined;
  },
  accepts: 'a number from 0 to 1',
};

/** The variable for traces wins over the one for all signals. */
function otlp(suffix: string): string[] {
  return [`OTEL_EXPORTER_OTLP_TRACES_${suffix}`, `OTEL_EXPORTER_OTLP_${suffix}`];
}

function limit(suffix: string): string[] {
  return [`OTEL_SPAN_ATTRIBUTE_${suffix}`, `OTEL_ATTRIBUTE_${suffix}`];
}
