import type { Logger } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import {
  BatchLogRecordProcessor,
  LoggerProvider,
  type LogRecordProcessor,
  type ReadableLogRecord,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import type { Ledger } from '../ledger.ts';
import type { RecordBatch, RecordSink } from '../record/accept-record.ts';
import type { EventKind, EventRecords } from '../record/events.ts';
import { emitRecord } from '../record/log-record.ts';
import { SCHEMA_URL } from '../record/semantic-conventions.ts';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../version.ts';
import { ACCEPTS_OF, acceptsOfLogRecord, sum } from './accept-counts.ts';
import { type BatchFate, CountingExporter } from './counting-exporter.ts';
import type { Warn } from './diagnostics.ts';
import { consoleExporter, otlpExporter } from './exporters.ts';
import type { OtlpSettings } from './otlp-environment.ts';
import { RecordFates } from './record-fates.ts';

export interface SdkLaneParts {
  /** With at least one exporter. */
  readonly settings: OtlpSettings;
  readonly resource: Resource;
  readonly ledger: Ledger;
  readonly warn: Warn;
}

/** That the records under way stand for. */
interface UnderWay {
  accepts: number;
}

/** What the SDK is given: the processors, and the one of their exporters whose word counts. */
interface Pipeline {
  readonly processors: LogRecordProcessor[];
  readonly exporter: CountingExporter<ReadableLogRecord>;
}

/**
 * Delivers records through the OpenTelemetry SDK, and counts each as delivered, rejected or dropped.
 *
 * At most `settings.batch.maxQueueSize` records are under way, since the SDK's own queue drops without a word.
 * With several exporters the OTLP endpoint's word counts; the console only mirrors.
 */
export class SdkLane implements RecordSink {
  readonly #fates: RecordFates;
  readonly #exporter: CountingExporter<ReadableLogRecord>;
  readonly #provider: LoggerProvider;
  readonly #logger: Logger;
  readonly #underWay: UnderWay;
  #closing: Promise<void> | undefined;

  /** Loads the exporters and makes the pipeline; nothing is sent yet. */
  static async open(parts: SdkLaneParts): Promise<SdkLane> {
    const fates = new RecordFates(parts.settings, parts.ledger, parts.warn);
    const underWay = { accepts: 0 };
    const settle = (fate: BatchFate) => {
      underWay.accepts -= sum(fate.accepts?.() ?? []);
      fates.settle(fate);
    };
    return new SdkLane(parts, fates, underWay, await openPipeline(parts.settings, fates, settle));
  }

  private constructor(
    { settings, resource }: SdkLaneParts,
    fates: RecordFates,
    underWay: UnderWay,
    pipeline: Pipeline,
  ) {
    this.#fates = fates;
    this.#underWay = underWay;
    this.#exporter = pipeline.exporter;
    this.#provider = new LoggerProvider({
      resource,
      processors: pipeline.processors,
      logRecordLimits: settings.limits,
    });
    this.#logger = this.#provider.getLogger(PACKAGE_NAME, PACKAGE_VERSION, { schemaUrl: SCHEMA_URL });
  }

  accept(batch: RecordBatch): void {
    this.report('accepted', batch.records);
  }

  report<Kind extends EventKind>(kind: Kind, records: readonly EventRecords[Kind][]): void {
    const accepts = records.map((record) => ACCEPTS_OF[kind](record));
    const admitted = this.#fates.admit(records.length, () => accepts);
    this.#underWay.accepts += sum(accepts.slice(0, admitted));
    for (const [index, record] of records.slice(0, admitted).entries()) {
      try {
        emitRecord(this.#logger, kind, record);
      } catch (thrown) {
        const error = thrown instanceof Error ? thrown : new Error(`${thrown}`);
        this.#underWay.accepts -= accepts[index] ?? 0;
        this.#fates.settle({ kind: 'failed', count: 1, error, accepts: () => [accepts[index] ?? 0] });
      }
    }
  }

  /** How much of the queue's room is taken, 0 to 1. */
  get pressure(): number {
    return this.#fates.pressure;
  }

  /**
   * Sends what is queued and ends; after `deadlineMillis` what is still under way counts as dropped. Never rejects.
   *
   * The stock exporter's retry may hold the event loop until OTEL_EXPORTER_OTLP_TIMEOUT after that: a process that must
   * end calls `process.exit`.
   */
  close(deadlineMillis: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMillis);
    return this.#closing;
  }

  async #close(deadlineMillis: number): Promise<void> {
    this.#fates.close();
    const deadline = Promise.withResolvers<void>();
    const timer = setTimeout(deadline.resolve, deadlineMillis);
    // Only ever one flush, this one: the SDK's processor takes a second one, or a shutdown during one, for done at once.
    const shutDown = this.#provider.shutdown().catch(() => {});
    await Promise.race([shutDown, deadline.promise]);
    clearTimeout(timer);
    this.#exporter.abandon();
    this.#fates.end(() => this.#underWay.accepts);
  }
}

async function openPipeline(
  settings: OtlpSettings,
  fates: RecordFates,
  settle: (fate: BatchFate) => void,
): Promise<Pipeline> {
  if (!settings.exporters.includes('otlp')) {
    const exporter = new CountingExporter(consoleExporter(), settle, acceptsOfLogRecord);
    return { exporter, processors: [new SimpleLogRecordProcessor({ exporter })] };
  }
  const exporter = new CountingExporter(await otlpExporter(settings, fates.onConnectError), settle, acceptsOfLogRecord);
  const processors: LogRecordProcessor[] = [new BatchLogRecordProcessor({ exporter, ...settings.batch })];
  if (settings.exporters.includes('console')) {
    processors.push(new SimpleLogRecordProcessor({ exporter: consoleExporter().exporter }));
  }
  return { exporter, processors };
}
