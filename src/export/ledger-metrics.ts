import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import {
  ConsoleMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { LedgerCounts } from '../ledger.ts';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../version.ts';
import type { Warn } from './diagnostics.ts';
import { oneLine } from './foreign-text.ts';
import { type Capacities, observeLedger } from './ledger-instruments.ts';
import type { MetricsSettings } from './metrics-environment.ts';

export interface LedgerMetricsParts {
  readonly settings: MetricsSettings;
  readonly resource: Resource;
  /** The counts as they are now, their identities holding. */
  readonly read: () => LedgerCounts;
  readonly capacities: Capacities;
  readonly warn: Warn;
}

/** Exports the ledger as metrics, every interval and at the end. */
export class LedgerMetrics {
  readonly #provider: MeterProvider;
  readonly #failures: (error: Error) => void;

  /** Loads the exporters; nothing is sent before the first interval is over. */
  static async open(parts: LedgerMetricsParts): Promise<LedgerMetrics> {
    const { settings, warn } = parts;
    const fail = (error: Error) =>
      warn(
        'metrics-export',
        `the ledger's metrics were not taken by ${settings.endpoint} (${oneLine(error.message)}); the next go out in ` +
          `${settings.intervalMillis} ms`,
      );
    const exporters: PushMetricExporter[] = [];
    if (settings.exporters.includes('otlp')) exporters.push(reporting(await otlpExporter(settings), fail));
    if (settings.exporters.includes('console')) exporters.push(new ConsoleMetricExporter());
    return new LedgerMetrics(parts, exporters, fail);
  }

  private constructor(
    { settings, resource, read, capacities }: LedgerMetricsParts,
    exporters: readonly PushMetricExporter[],
    fail: (error: Error) => void,
  ) {
    this.#failures = fail;
    const { intervalMillis: exportIntervalMillis, timeoutMillis: exportTimeoutMillis } = settings;
    this.#provider = new MeterProvider({
      resource,
      readers: exporters.map(
        (exporter) => new PeriodicExportingMetricReader({ exporter, exportIntervalMillis, exportTimeoutMillis }),
      ),
    });
    observeLedger(this.#provider.getMeter(PACKAGE_NAME, PACKAGE_VERSION), read, capacities);
  }

  /** Exports once more and ends, at the latest after `deadlineMillis`. Never rejects. */
  async close(deadlineMillis: number): Promise<void> {
    const deadline = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#failures(new Error('no answer at the end'));
      deadline.resolve();
    }, deadlineMillis);
    await Promise.race([this.#provider.shutdown().catch(() => {}), deadline.promise]);
    clearTimeout(timer);
  }
}

/** The stock exporter of the protocol; only what this protocol needs is loaded. */
async function otlpExporter({ protocol, url }: MetricsSettings): Promise<PushMetricExporter> {
  switch (protocol) {
    case 'grpc':
      return new (await import('@opentelemetry/exporter-metrics-otlp-grpc')).OTLPMetricExporter({ url });
    case 'http/json':
      return new (await import('@opentelemetry/exporter-metrics-otlp-http')).OTLPMetricExporter({ url });
    case 'http/protobuf':
      return new (await import('@opentelemetry/exporter-metrics-otlp-proto')).OTLPMetricExporter({ url });
  }
}

/** Failures are told of by us, in one line, and are none for the SDK, which would tell of them in its own way. */
function reporting(exporter: PushMetricExporter, fail: (error: Error) => void): PushMetricExporter {
  const exportStock = exporter.export.bind(exporter);
  exporter.export = (metrics: ResourceMetrics, callBack: (result: ExportResult) => void) =>
    exportStock(metrics, ({ code, error }) => {
      if (code === ExportResultCode.FAILED) fail(error ?? new Error('the exporter gave no reason'));
      callBack({ code: ExportResultCode.SUCCESS });
    });
  return exporter;
}
