import { parseKeyPairsIntoRecord } from '@opentelemetry/core';
import { EnvironmentValues, MOST_INTEGER } from './environment-values.ts';
import { type MetricsSettings, readMetricsSettings } from './metrics-environment.ts';
import { OTEL_VARIABLES } from './otel-variables.ts';
import { type OtlpSettings, readSettings } from './otlp-environment.ts';
import { DEFAULT_SAMPLER, readTracesSettings, type TracesSettings } from './traces-environment.ts';

/** One of OpenTelemetry's settings as it takes effect. */
export interface EffectiveVariable {
  readonly name: string;
  /** As a user would write it, secrets hidden; empty: not set. */
  readonly value: string;
  /** The variable it was taken from, or `default`. */
  readonly from: string;
}

/** What is exported, and so has settings. */
export type Exported = Readonly<Record<ExportedSignal, boolean>>;
type ExportedSignal = 'logs' | 'metrics' | 'traces';

/**
 * What the OTEL_ variables amount to for what is exported, a row for each setting under its general name; of headers only the names.
 *
 * Throws `ERR_EXPORT_CONFIG` as `readOtlpEnvironment` does, whose warnings it has too.
 */
export function effectiveVariables(
  environment: NodeJS.ProcessEnv,
  exported: Exported,
): {
  readonly variables: readonly EffectiveVariable[];
  readonly warnings: readonly string[];
} {
  // Each signal by itself: a variable for all of them may mean something to one, and be overruled for another.
  const read = {
    logs: exported.logs ? readSignal(environment, (values) => effectiveValues(readSettings(values))) : undefined,
    metrics: exported.metrics
      ? readSignal(environment, (values) => effectiveMetricsValues(readMetricsSettings(values)))
      : undefined,
    traces: exported.traces
      ? readSignal(environment, (values) => effectiveTracesValues(readTracesSettings(values)))
      : undefined,
  };
  const variables = OTEL_VARIABLES.flatMap((variable) => {
    const { name, default: fallback } = variable;
    const signal = read[signalOf(name)];
    if (!signal || isOfLogs(name)) return [];
    const { values, effective } = signal;
    const names = candidates(name);
    const set = values.first(...names);
    if (name.endsWith('_HEADERS')) return [{ name, ...headers(values, names) }];
    const value = effective[name] ?? set?.text ?? (fallback || defaultOf(names.at(-1)));
    // Read and understood, or for others to read: what is left over is the default.
    const from =
      values.origins.get(name) ??
      values.origins.get(names.at(-1) ?? name) ??
      (isReadElsewhere(name) ? set?.name : undefined) ??
      'default';
    return [{ name, value, from }];
  });
  const warnings = Object.values(read).flatMap((signal) => signal?.values.warnings ?? []);
  return { variables, warnings: [...new Set(warnings)] };
}

function readSignal(
  environment: NodeJS.ProcessEnv,
  read: (values: EnvironmentValues) => Readonly<Record<string, string>>,
): { readonly values: EnvironmentValues; readonly effective: Readonly<Record<string, string>> } {
  const values = new EnvironmentValues(environment);
  return { values, effective: read(values) };
}

/** What the settings say of a variable, where its text alone does not. */
function effectiveValues(settings: OtlpSettings): Readonly<Record<string, string>> {
  const { batch, limits, timeoutMillis } = settings;
  return {
    OTEL_LOGS_EXPORTER: settings.exporters.join(',') || 'none',
    OTEL_EXPORTER_OTLP_ENDPOINT: settings.endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: settings.protocol,
    OTEL_EXPORTER_OTLP_COMPRESSION: settings.compression,
    OTEL_EXPORTER_OTLP_TIMEOUT: millis(timeoutMillis),
    OTEL_BLRP_MAX_QUEUE_SIZE: `${batch.maxQueueSize}`,
    OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: `${batch.maxExportBatchSize}`,
    OTEL_BLRP_SCHEDULE_DELAY: `${batch.scheduledDelayMillis}`,
    OTEL_BLRP_EXPORT_TIMEOUT: millis(batch.exportTimeoutMillis),
    OTEL_ATTRIBUTE_COUNT_LIMIT: `${limits.attributeCountLimit}`,
    OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: limit(limits.attributeValueLengthLimit),
    OTEL_LOG_LEVEL: settings.diagLevel,
  };
}

function effectiveTracesValues(settings: TracesSettings): Readonly<Record<string, string>> {
  const { batch, limits, sampler } = settings;
  return {
    OTEL_TRACES_EXPORTER: settings.exporters.join(',') || 'none',
    OTEL_TRACES_SAMPLER: sampler === DEFAULT_SAMPLER ? '' : sampler,
    OTEL_TRACES_SAMPLER_ARG: sampler.endsWith('traceidratio') ? `${settings.ratio}` : '',
    OTEL_BSP_MAX_QUEUE_SIZE: `${batch.maxQueueSize}`,
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: `${batch.maxExportBatchSize}`,
    OTEL_BSP_SCHEDULE_DELAY: `${batch.scheduledDelayMillis}`,
    OTEL_BSP_EXPORT_TIMEOUT: millis(batch.exportTimeoutMillis),
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: settings.endpoint,
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: settings.protocol,
    OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: settings.compression,
    OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: millis(settings.timeoutMillis),
    OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: `${limits.attributeCountLimit}`,
    OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: limit(limits.attributeValueLengthLimit),
  };
}

function millis(value: number): string {
  return value === MOST_INTEGER ? '0' : `${value}`;
}

function limit(value: number): string {
  return Number.isFinite(value) ? `${value}` : '';
}

function effectiveMetricsValues(settings: MetricsSettings): Readonly<Record<string, string>> {
  return {
    OTEL_METRICS_EXPORTER: settings.exporters.join(',') || 'none',
    OTEL_METRIC_EXPORT_INTERVAL: `${settings.intervalMillis}`,
    OTEL_METRIC_EXPORT_TIMEOUT: `${settings.timeoutMillis}`,
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: settings.endpoint,
    OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: settings.protocol,
  };
}

/** Whose setting it is; those of all signals are shown with the logs'. */
function signalOf(name: string): ExportedSignal {
  if (/^OTEL_METRIC|_OTLP_METRICS_/.test(name)) return 'metrics';
  return /^OTEL_(TRACES|BSP|SPAN)_|_OTLP_TRACES_/.test(name) ? 'traces' : 'logs';
}

/** Shown under the name for all signals. */
function isOfLogs(name: string): boolean {
  return /^OTEL_EXPORTER_OTLP_LOGS_|^OTEL_LOGRECORD_/.test(name);
}

/** The names that may set it, those for its signal first. */
function candidates(name: string): string[] {
  if (signalOf(name) !== 'logs') {
    const general = name.replace(/_OTLP_(METRICS|TRACES)_/, '_OTLP_').replace('OTEL_SPAN_', 'OTEL_');
    return [...new Set([name, general])];
  }
  return [
    name.replace('OTEL_EXPORTER_OTLP_', 'OTEL_EXPORTER_OTLP_LOGS_'),
    name.replace('OTEL_ATTRIBUTE_', 'OTEL_LOGRECORD_ATTRIBUTE_'),
    name,
  ].filter((candidate, index, all) => candidate !== name || index === all.length - 1);
}

/** By us without `EnvironmentValues.read`, or by the SDK: any text is taken as it is. */
function isReadElsewhere(name: string): boolean {
  return (
    /_ENDPOINT$|_CERTIFICATE$|_CLIENT_KEY$|^OTEL_(LOGS_EXPORTER|METRICS_EXPORTER|TRACES_EXPORTER|SERVICE_NAME|SDK_DISABLED)$/.test(
      name,
    ) || /^OTEL_RESOURCE_ATTRIBUTES$|_OTLP_METRICS_(COMPRESSION|TIMEOUT|INSECURE|TEMPORALITY_PREFERENCE)$/.test(name)
  );
}

function defaultOf(general: string | undefined): string {
  return OTEL_VARIABLES.find(({ name }) => name === general)?.default ?? '';
}

/** Headers of all names together, as the exporters join them. */
function headers(
  values: EnvironmentValues,
  names: readonly string[],
): { readonly value: string; readonly from: string } {
  const set = names.map((name) => values.first(name)).filter((variable) => variable !== undefined);
  const keys = new Set(set.flatMap(({ text }) => Object.keys(parseKeyPairsIntoRecord(text))));
  const value = [...keys].map((key) => `${key}=***`).join(',');
  return { value, from: set.map(({ name }) => name).join(' and ') || 'default' };
}
