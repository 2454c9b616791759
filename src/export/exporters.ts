import { ConsoleLogRecordExporter, type LogRecordExporter, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { reportConnectErrors } from './connect-errors.ts';
import { exporterOptions } from './exporter-options.ts';
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

/**
 * The stock OTLP exporter of the protocol, with its responses watched; only what this protocol needs is loaded.
 *
 * It is put together as `OTLPLogExporter` of @opentelemetry/exporter-logs-otlp-* is, from the same parts, since that
 * class lets nobody see a partial success; a test compares the requests of both. Headers and TLS files are the parts'
 * own reading of `process.env`. `onConnectError` hears of every connection over HTTP that could not be made.
 */
export async function otlpExporter(
  settings: OtlpSettings,
  onConnectError: (error: Error) => void,
): Promise<WatchedExporter> {
  const { OTLPExporterBase } = await import('@opentelemetry/otlp-exporter-base');
  const notes = new ResponseNotes();
  const makeDelegate = settings.protocol === 'grpc' ? grpcDelegate : httpDelegate;
  const delegate = await makeDelegate(settings, notes, onConnectError);
  return { exporter: new OTLPExporterBase<ReadableLogRecord[]>(delegate), notes };
}

async function httpDelegate(settings: OtlpSettings, notes: ResponseNotes, onConnectError: (error: Error) => void) {
  const { convertLegacyHttpOptions, createOtlpHttpExportDelegate } = await import(
    '@opentelemetry/otlp-exporter-base/node-http'
  );
  const { JsonLogsSerializer, LogsExporterMetricsHelper, ProtobufLogsSerializer } = await import(
    '@opentelemetry/otlp-transformer'
  );
  const isJson = settings.protocol === 'http/json';
  const contentType = isJson ? 'application/json' : 'application/x-protobuf';
  const options = convertLegacyHttpOptions(exporterOptions(settings), 'LOGS', 'v1/logs', {
    'Content-Type': contentType,
  });
  return createOtlpHttpExportDelegate(
    { ...options, agentFactory: reportConnectErrors(options.agentFactory, onConnectError) },
    notes.watch(isJson ? JsonLogsSerializer : ProtobufLogsSerializer),
    'otlp_http_log_exporter',
    LogsExporterMetricsHelper,
    undefined,
  );
}

async function grpcDelegate(settings: OtlpSettings, notes: ResponseNotes) {
  const { convertLegacyOtlpGrpcOptions, createOtlpGrpcExportDelegate } = await import(
    '@opentelemetry/otlp-grpc-exporter-base'
  );
  const { LogsExporterMetricsHelper, ProtobufLogsSerializer } = await import('@opentelemetry/otlp-transformer');
  return createOtlpGrpcExportDelegate(
    convertLegacyOtlpGrpcOptions(exporterOptions(settings), 'LOGS'),
    notes.watch(ProtobufLogsSerializer),
    'otlp_grpc_log_exporter',
    LogsExporterMetricsHelper,
    undefined,
    'LogsExportService',
    '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  );
}
