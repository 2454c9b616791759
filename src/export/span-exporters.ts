import { ConsoleSpanExporter, type SpanExporter } from '@opentelemetry/sdk-trace';
import { ResponseNotes } from './response-notes.ts';
import type { TracesSettings } from './traces-environment.ts';

/** An exporter, and what its endpoint said of what it took. */
export interface WatchedSpanExporter {
  readonly exporter: SpanExporter;
  readonly notes: ResponseNotes;
}

/** To stdout, as the SDK prints spans. */
export function consoleExporter(): WatchedSpanExporter {
  return { exporter: new ConsoleSpanExporter(), notes: new ResponseNotes() };
}

/** The stock OTLP exporter for spans. */
export async function otlpExporter(
  settings: TracesSettings,
  onConnectError: (error: Error) => void,
): Promise<WatchedSpanExporter> {
  const { stockExporter } = await import('./stock-exporter.ts');
  const { JsonTraceSerializer, ProtobufTraceSerializer, TraceExporterMetricsHelper } = await import(
    '@opentelemetry/otlp-transformer'
  );
  const parts = {
    signal: 'TRACES',
    path: 'v1/traces',
    components: { http: 'otlp_http_span_exporter', grpc: 'otlp_grpc_span_exporter' },
    grpc: { client: 'TraceExportService', method: '/opentelemetry.proto.collector.trace.v1.TraceService/Export' },
    json: JsonTraceSerializer,
    protobuf: ProtobufTraceSerializer,
    metrics: TraceExporterMetricsHelper,
  } as const;
  return await stockExporter(parts, settings, onConnectError);
}
