import { type IOtlpExportDelegate, OTLPExporterBase } from '@opentelemetry/otlp-exporter-base';
import type { IExporterMetricsHelper, ISerializer } from '@opentelemetry/otlp-transformer';
import { reportConnectErrors } from './connect-errors.ts';
import { exporterOptions } from './exporter-options.ts';
import type { OtlpSettings } from './otlp-environment.ts';
import { type ExportResponse, ResponseNotes } from './response-notes.ts';

/** What the stock exporters of a signal are put together from. */
export interface SignalParts<Item, Response extends ExportResponse> {
  readonly signal: 'LOGS' | 'TRACES';
  readonly path: 'v1/logs' | 'v1/traces';
  /** What the SDK calls them in its own metrics. */
  readonly components: { readonly http: string; readonly grpc: string };
  readonly grpc: { readonly client: string; readonly method: string };
  readonly json: ISerializer<Item[], Response>;
  readonly protobuf: ISerializer<Item[], Response>;
  readonly metrics: IExporterMetricsHelper<Item[]>;
}
type Settings = Pick<OtlpSettings, 'protocol' | 'url' | 'timeoutMillis' | 'compression'>;

/**
 * The stock OTLP exporter of the protocol, with its responses watched; only what this protocol needs is loaded.
 *
 * It is put together as the `OTLP*Exporter` of @opentelemetry/exporter-*-otlp-* are, from the same parts, since these
 * classes let nobody see a partial success; a test compares the requests of both. Headers and TLS files are the parts'
 * own reading of `process.env`. `onConnectError` hears of every connection over HTTP that could not be made.
 */
export async function stockExporter<Item, Response extends ExportResponse>(
  parts: SignalParts<Item, Response>,
  settings: Settings,
  onConnectError: (error: Error) => void,
): Promise<{ readonly exporter: OTLPExporterBase<Item[]>; readonly notes: ResponseNotes }> {
  const notes = new ResponseNotes();
  const makeDelegate = settings.protocol === 'grpc' ? grpcDelegate : httpDelegate;
  return { exporter: new OTLPExporterBase(await makeDelegate(parts, settings, notes, onConnectError)), notes };
}

async function httpDelegate<Item, Response extends ExportResponse>(
  { signal, path, components, json, protobuf, metrics }: SignalParts<Item, Response>,
  settings: Settings,
  notes: ResponseNotes,
  onConnectError: (error: Error) => void,
): Promise<IOtlpExportDelegate<Item[]>> {
  const { convertLegacyHttpOptions, createOtlpHttpExportDelegate } = await import(
    '@opentelemetry/otlp-exporter-base/node-http'
  );
  const isJson = settings.protocol === 'http/json';
  const contentType = isJson ? 'application/json' : 'application/x-protobuf';
  const options = convertLegacyHttpOptions(exporterOptions(settings), signal, path, { 'Content-Type': contentType });
  return createOtlpHttpExportDelegate(
    { ...options, agentFactory: reportConnectErrors(options.agentFactory, onConnectError) },
    notes.watch(isJson ? json : protobuf),
    components.http,
    metrics,
    undefined,
  );
}

async function grpcDelegate<Item, Response extends ExportResponse>(
  { signal, components, grpc, protobuf, metrics }: SignalParts<Item, Response>,
  settings: Settings,
  notes: ResponseNotes,
): Promise<IOtlpExportDelegate<Item[]>> {
  const { convertLegacyOtlpGrpcOptions, createOtlpGrpcExportDelegate } = await import(
    '@opentelemetry/otlp-grpc-exporter-base'
  );
  return createOtlpGrpcExportDelegate(
    convertLegacyOtlpGrpcOptions(exporterOptions(settings), signal),
    notes.watch(protobuf),
    components.grpc,
    metrics,
    undefined,
    grpc.client,
    grpc.method,
  );
}
