import type { Ledger } from '../ledger.ts';
import type { RecordBatch } from '../record/accept-record.ts';
import type { EndRecord } from '../record/end-record.ts';
import { AcceptSpans } from './accept-spans.ts';
import { installDiagnostics, type Warn } from './diagnostics.ts';
import { makeResource } from './resource.ts';
import { readTracesEnvironment } from './traces-environment.ts';
import { hideSecretsOf } from './transport/hide-secrets.ts';

export interface TracesParts {
  readonly environment: NodeJS.ProcessEnv;
  readonly hostAttributes: Readonly<Record<string, string>>;
  readonly ledger: Ledger;
  readonly warn: Warn;
  readonly print: (line: string) => void;
  /** Of connections whose ends are to come; default 0, none is. */
  readonly mostOpenConnections?: number;
}

/** Spans of accepts on their way. */
export interface TracesExport {
  /** For the line that says tracing has begun: `traces=http://localhost:4318/v1/traces`. */
  readonly description: string;
  /** Takes the batch, and returns it with the ids of the spans that are exported of it. */
  trace(batch: RecordBatch): RecordBatch;
  /** Takes how connections ended and, in the same order, their accepts, which were traced before. */
  traceEnds(accepts: RecordBatch, ends: readonly EndRecord['end'][]): void;
  /** Delivers what is queued and ends, at the latest after the deadline. */
  close(deadlineMillis: number): Promise<void>;
}

/** Opens the export that OTEL_TRACES_EXPORTER asks for; `undefined` when it wants none. Throws `ERR_EXPORT_CONFIG`. */
export async function openTraces(parts: TracesParts): Promise<TracesExport | undefined> {
  const { environment, hostAttributes, ledger, warn, print, mostOpenConnections = 0 } = parts;
  const { settings, warnings } = readTracesEnvironment(environment);
  const { resource, warnings: resourceWarnings } = makeResource(hostAttributes);
  for (const warning of [...warnings, ...resourceWarnings]) warn(warning, warning);
  if (settings.exporters.length === 0) return undefined;
  const hide = hideSecretsOf(environment);
  const warnHidden: Warn = (cause, text) => warn(cause, hide(text));
  installDiagnostics(settings.diagLevel, warnHidden, (line) => print(hide(line)));
  const spans = await AcceptSpans.open({ settings, resource, ledger, warn: warnHidden, mostOpenConnections });
  const where = settings.exporters.map((exporter) => (exporter === 'otlp' ? settings.endpoint : exporter));
  return {
    description: `traces=${where.join(',')}`,
    trace: (batch) => spans.trace(batch),
    traceEnds: (accepts, ends) => spans.traceEnds(accepts, ends),
    close: (deadlineMillis) => spans.close(deadlineMillis),
  };
}
