import type { NativeAcceptEncoder } from '../kernel/binding.ts';
import type { Ledger } from '../ledger.ts';
import type { RecordBatch, RecordSink } from '../record/accept-record.ts';
import type { EventKind, EventRecords } from '../record/events.ts';
import { installDiagnostics, type Warn } from './diagnostics.ts';
import { DirectLane } from './direct-lane.ts';
import { type OtlpSettings, readOtlpEnvironment } from './otlp-environment.ts';
import { makeResource } from './resource.ts';
import type { OnSafe } from './safe-records.ts';
import type { SdkLane, SdkLaneParts } from './sdk-lane.ts';
import { giveSpoolTo, type SpoolOwner } from './spool/give-spool-to.ts';
import type { SpoolSettings } from './spool/spool-settings.ts';
import { hideSecretsOf } from './transport/hide-secrets.ts';

/** Where records are delivered. */
export interface ExportLane extends RecordSink {
  /** For the line that says tracing has begun: `export=http/protobuf endpoint=http://localhost:4318/v1/logs`. */
  readonly description: string;
  /** Whether `LaneOptions.onSafe` is told anything. */
  readonly tellsSafe: boolean;
  /** Takes the batch; each record ends as delivered, rejected, dropped, evicted or spooled, and is queued until then. */
  accept(batch: RecordBatch): void;
  /** Takes records of other events, as `accept` takes accepts. */
  report<Kind extends EventKind>(kind: Kind, records: readonly EventRecords[Kind][]): void;
  /** Sends, or writes to disk, what was handed over, without waiting for more; only where `tellsSafe`. */
  flush(): void;
  /** How much of the room for what is not delivered is taken, 0 to 1: at 1, records are lost. Cheap. */
  readonly pressure: number;
  /** Delivers what is queued and resolves, at the latest after the deadline. */
  close(deadlineMillis: number): Promise<void>;
}

/** What a lane may have beside the environment. */
export interface LaneOptions {
  /** Of this lane alone. */
  readonly native: NativeAcceptEncoder;
  /** `undefined`: no spool. */
  readonly spool?: SpoolSettings | undefined;
  /** Of what was handed to `accept` and `report`; safe is in the spool or settled. Never called for the console. */
  readonly onSafe?: OnSafe | undefined;
}

/**
 * Opens the lane that the environment asks for, and says what of it was not understood; `undefined` when it wants none.
 *
 * Also shows the SDK's own messages from here on, at OTEL_LOG_LEVEL. Throws `ERR_EXPORT_CONFIG` and
 * `ERR_SPOOL_HELD`.
 */
export async function openExportLane(
  environment: NodeJS.ProcessEnv,
  ledger: Ledger,
  warn: Warn,
  hostAttributes: Readonly<Record<string, string>>,
  options: LaneOptions,
): Promise<ExportLane | undefined> {
  const { settings, warnings } = readOtlpEnvironment(environment);
  const { resource, warnings: resourceWarnings } = makeResource(hostAttributes);
  for (const warning of [...warnings, ...resourceWarnings]) warn(warning, warning);
  if (settings.exporters.length === 0) return undefined;
  // An endpoint may repeat what it was sent, and the SDK may show what it was told.
  const hide = hideSecretsOf(environment);
  const warnHidden: Warn = (cause, text) => warn(cause, hide(text));
  installDiagnostics(settings.diagLevel, warnHidden, (line) => process.stderr.write(hide(line)));
  const isDirect = hasSpool(settings);
  const parts = { settings, resource, ledger, warn: warnHidden };
  const direct = isDirect ? await DirectLane.open({ ...parts, ...options }) : undefined;
  const lane = direct ?? (await openSdkLane(parts));
  return {
    description: describe(settings),
    tellsSafe: isDirect,
    get pressure() {
      return lane.pressure;
    },
    accept: (batch) => lane.accept(batch),
    report: (kind, records) => lane.report(kind, records),
    flush: () => direct?.flush(),
    close: (deadlineMillis) => lane.close(deadlineMillis),
  };
}

/** For who goes on as another user before the lane is opened: a spool it would have is made that user's. */
export function giveSpool(
  environment: NodeJS.ProcessEnv,
  { mode, directory }: { readonly mode: SpoolSettings['mode'] | 'off'; readonly directory: string },
  owner: SpoolOwner,
): void {
  if (mode !== 'off' && hasSpool(readOtlpEnvironment(environment).settings)) giveSpoolTo(directory, owner);
}

function hasSpool({ exporters }: OtlpSettings): boolean {
  return exporters.join() === 'otlp';
}

/** Imported only when wanted: the SDK is a hundred modules. */
async function openSdkLane(parts: SdkLaneParts): Promise<SdkLane> {
  const { SdkLane } = await import('./sdk-lane.ts');
  return await SdkLane.open(parts);
}

function describe({ exporters, protocol, endpoint }: OtlpSettings): string {
  const kinds = exporters.map((exporter) => (exporter === 'otlp' ? protocol : exporter));
  return `export=${kinds.join(',')}${endpoint && ` endpoint=${endpoint}`}`;
}
