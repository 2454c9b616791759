import { context } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode, suppressTracing } from '@opentelemetry/core';
import { explainFailure } from './export-failure.ts';
import { otlpExporter } from './exporters.ts';
import type { OtlpSettings } from './otlp-environment.ts';

const PROBE_MILLIS = 5000;

/** What came of asking an endpoint. */
export interface ProbeResult {
  readonly ok: boolean;
  /** What was seen, naming the endpoint. */
  readonly detail: string;
  /** What to do about it; empty when it is ok. */
  readonly mend: string;
}

/**
 * Sends a request without records to the endpoint, by the exporter that records would take; resolves within 5 s.
 *
 * `settings.exporters` must hold `otlp`.
 */
export async function probeEndpoint(settings: OtlpSettings): Promise<ProbeResult> {
  const quick = { ...settings, timeoutMillis: Math.min(settings.timeoutMillis, PROBE_MILLIS) };
  const refused = Promise.withResolvers<Error>();
  const { exporter, notes } = await otlpExporter(quick, refused.resolve);
  const answered = new Promise<ExportResult>((resolve) => {
    context.with(suppressTracing(context.active()), () => exporter.export([], resolve));
  });
  const outcome = await Promise.race([answered.then(failureOf), refused.promise, late(quick.timeoutMillis)]);
  void exporter.shutdown().catch(() => {});
  if (outcome) {
    const { what, mend } = explainFailure(outcome, quick);
    return { ok: false, detail: what, mend };
  }
  const { endpoint, endpointVariable } = settings;
  if (notes.take().unreadable) {
    const detail = `the answer of ${endpoint} is no OTLP response`;
    return { ok: false, detail, mend: `set ${endpointVariable} to an endpoint that takes logs` };
  }
  return { ok: true, detail: `${endpoint} took an empty export over ${settings.protocol}`, mend: '' };
}

function failureOf(result: ExportResult): Error | undefined {
  if (result.code === ExportResultCode.SUCCESS) return undefined;
  return result.error ?? new Error('the exporter gave no reason');
}

/** A timeout of its own: a gRPC channel or a slow answer may take longer than one request's. */
async function late(millis: number): Promise<Error> {
  const { promise, resolve } = Promise.withResolvers<Error>();
  setTimeout(resolve, millis, new Error('Request timed out')).unref();
  return promise;
}
