import { parseKeyPairsIntoRecord } from '@opentelemetry/core';
import { EnvironmentValues, MOST_INTEGER } from './environment-values.ts';
import { type MetricsSettings, readMetricsSettings } from './metrics-environment.ts';
import { OTEL_VARIABLES } from './otel-variables.ts';
import { type OtlpSettings, readSettings } from './otlp-environment.ts';

/** One of OpenTelemetry's settings as it takes effect. */
export interface EffectiveVariable {
  readonly name: string;
  /** As a user would write it, secrets hidden; empty: not set. */
  readonly value: string;
  /** The variable it was taken from, or `default`. */
  readonly from: string;
}

/** What is exported, and so has settings. */
export interface Exported {
  readonly logs: boolean;
  readonly metrics: boolean;
}

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
  const values = new EnvironmentValues(environment);
  const effective = {
    ...(exported.logs && effectiveValues(readSettings(values))),
    ...(exported.metrics && effectiveMetricsValues(readMetricsSettings(values))),
  };
  const shown = OTEL_VARIABLES.filter(({ name }) => (isForMetrics(name) ? exported.metrics : exported.logs));
  const variables = shown
    .filter(({ name }) => !isOfLogs(name))
    .map(({ name, default: fallback }) => {
      const names = candidates(name);
      const set = values.first(...names);
      if (name.endsWith('_HEADERS')) return { name, ...headers(values, names) };
      const value = effective[name] ?? set?.text ?? (fallback || defaultOf(names.at(-1)));
      // Read and understood, or for others to read: what is left over is the default.
      const from =
        values.origins.get(name) ??
        values.origins.get(names.at(-1) ?? name) ??
        (isReadElsewhere(name) ? set?.name : undefined) ??
        'default';
      return { name, value, from };
    });
  return { variables, warnings: values.warnings };
}

/** What the settings say of a variable, where its text alone does not. */
function effectiveValues(settings: OtlpSettings): Readonly<Record<string, string>> {
  const { batch, limits, timeoutMillis } = settings;
  const millis = (value: number) => (value === MOST_INTEGER ? '0' : `${value}`);
  const limit = (value: number) => (Number.isFinite(value) ? `${value}` : '');
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

function effectiveMetricsValues(settings: MetricsSettings): Readonly<Record<string, string>> {
  return {
    OTEL_METRICS_EXPORTER: settings.exporters.join(',') || 'none',
    OTEL_METRIC_EXPORT_INTERVAL: `${settings.intervalMillis}`,
    OTEL_METRIC_EXPORT_TIMEOUT: `${settings.timeoutMillis}`,
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: settings.endpoint,
    OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: settings.protocol,
  };
}

function isForMetrics(name: string): boolean {
  return /^OTEL_METRIC|_OTLP_METRICS_/.test(name);
}

/** Shown under the name for all signals. */
function isOfLogs(name: string): boolean {
  return /^OTEL_EXPORTER_OTLP_LOGS_|^OTEL_LOGRECORD_/.test(name);
}

/** The names that may set it, those for logs first. */
function candidates(name: string): string[] {
  if (isForMetrics(name)) return [...new Set([name, name.replace('_OTLP_METRICS_', '_OTLP_')])];
  return [
    name.replace('OTEL_EXPORTER_OTLP_', 'OTEL_EXPORTER_OTLP_LOGS_'),
    name.replace('OTEL_ATTRIBUTE_', 'OTEL_LOGRECORD_ATTRIBUTE_'),
    name,
  ].filter((candidate, index, all) => candidate !== name || index === all.length - 1);
}

/** By us without `EnvironmentValues.read`, or by the SDK: any text is taken as it is. */
function isReadElsewhere(name: string): boolean {
  return (
    /_ENDPOINT$|_CERTIFICATE$|_CLIENT_KEY$|^OTEL_(LOGS_EXPORTER|METRICS_EXPORTER|SERVICE_NAME|SDK_DISABLED)$/.test(
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
