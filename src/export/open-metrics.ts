import type { LedgerCounts } from '../ledger.ts';
import { installDiagnostics, type Warn } from './diagnostics.ts';
import { LedgerMetrics } from './ledger-metrics.ts';
import { readMetricsEnvironment } from './metrics-environment.ts';
import { readOtlpEnvironment } from './otlp-environment.ts';
import { makeResource } from './resource.ts';
import { hideSecretsOf } from './transport/hide-secrets.ts';

export interface MetricsParts {
  readonly environment: NodeJS.ProcessEnv;
  readonly hostAttributes: Readonly<Record<string, string>>;
  readonly read: () => LedgerCounts;
  /** Records that fit into the ring. */
  readonly ringCapacity: number;
  /** Whether log records are exported, and so have a queue. */
  readonly exporting: boolean;
  readonly warn: Warn;
  readonly print: (line: string) => void;
}

/** The ledger as metrics on their way. */
export interface MetricsExport {
  /** For the line that says tracing has begun: `metrics=http://localhost:4318/v1/metrics`. */
  readonly description: string;
  /** Exports once more and ends, at the latest after the deadline. */
  close(deadlineMillis: number): Promise<void>;
}

/** Opens the export that OTEL_METRICS_EXPORTER asks for; `undefined` when it wants none. Throws `ERR_EXPORT_CONFIG`. */
export async function openMetrics(parts: MetricsParts): Promise<MetricsExport | undefined> {
  const { environment, hostAttributes, read, ringCapacity, exporting, warn, print } = parts;
  const { settings, warnings } = readMetricsEnvironment(environment);
  for (const warning of warnings) warn(warning, warning);
  if (settings.exporters.length === 0) return undefined;
  const logs = readOtlpEnvironment(environment).settings;
  const hide = hideSecretsOf(environment);
  const warnHidden: Warn = (cause, text) => warn(cause, hide(text));
  installDiagnostics(logs.diagLevel, warnHidden, (line) => print(hide(line)));
  const metrics = await LedgerMetrics.open({
    settings,
    resource: makeResource(hostAttributes).resource,
    read,
    capacities: { ring: ringCapacity, queue: exporting ? logs.batch.maxQueueSize : undefined },
    warn: warnHidden,
  });
  const where = settings.exporters.map((exporter) => (exporter === 'otlp' ? settings.endpoint : exporter));
  return {
    description: `metrics=${where.join(',')}`,
    close: (deadlineMillis) => metrics.close(deadlineMillis),
  };
}
