import { ConsoleLogRecordExporter, type LogRecordExporter } from '@opentelemetry/sdk-logs';
import type { OtlpSettings } from './otlp-environment.ts';
import { ResponseNotes } from './response-notes.ts';

/** An exporter, and what its endpoint said of what it took. */
export interface WatchedExporter {
  readonly exporter: LogRecordExporter;
  readonly notes: ResponseNotes;
}

/** To stdout, as the SDK prints log records. */
export function consoleExporter(): WatchedExporter {
  return { exporter: new ConsoleLogRecordExporter(), notes: new ResponseNotes() };
}

/** The stock OTLP exporter for log records. */
export async function otlpExporter(
  settings: OtlpSettings,
  onConnectError: (error: Error) => void,
): Promise<WatchedExporter> {
  const { stockExporter } = await import('./stock-exporter.ts');
  const { JsonLogsSerializer, LogsExporterMetricsHelper, ProtobufLogsSerializer } = await import(
    '@opentelemetry/otlp-transformer'
  );
  const parts = {
    signal: 'LOGS',
    path: 'v1/logs',
    components: { http: 'otlp_http_log_exporter', grpc: 'otlp_grpc_log_exporter' },
    grpc: { client: 'LogsExportService', method: '/opentelemetry.proto.collector.logs.v1.LogsService/Export' },
    json: JsonLogsSerializer,
    protobuf: ProtobufLogsSerializer,
    metrics: LogsExporterMetricsHelper,
  } as const;
  return await stockExporter(parts, settings, onConnectError);
}
