import { readFileSync } from 'node:fs';
import { LEDGER_METRICS, LEDGER_NAMES, type LedgerCounts } from '../../src/ledger.ts';

/** A metric as the collector wrote it, one data point each for the attributes that tell its counts apart. */
export interface CollectedMetric {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly isMonotonic: boolean;
  readonly isCumulative: boolean;
  /** By the value of its one attribute; empty where there is none. */
  readonly points: ReadonlyMap<string, number>;
}

interface OtlpMetrics {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly { key: string; value: { stringValue?: string } }[] };
    readonly scopeMetrics: readonly {
      readonly scope: { readonly name: string };
      readonly metrics: readonly {
        readonly name: string;
        readonly unit: string;
        readonly description: string;
        readonly sum: {
          readonly isMonotonic?: boolean;
          readonly aggregationTemporality: number;
          readonly dataPoints: readonly {
            readonly asInt: string;
            readonly attributes?: readonly { readonly value: { readonly stringValue: string } }[];
          }[];
        };
      }[];
    }[];
  }[];
}

/** Every export in a collector's file, oldest first: its metrics by name. A line half written is left out. */
export function readMetrics(path: string): ReadonlyMap<string, CollectedMetric>[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => {
      const { resourceMetrics }: OtlpMetrics = JSON.parse(line);
      return resourceMetrics.map(({ scopeMetrics }) => {
        const metrics = scopeMetrics.flatMap((scope) => scope.metrics);
        return new Map(
          metrics.map(({ name, unit, description, sum }) => {
            const points = sum.dataPoints.map(
              ({ asInt, attributes = [] }) => [attributes[0]?.value.stringValue ?? '', Number(asInt)] as const,
            );
            const isMonotonic = sum.isMonotonic === true;
            const isCumulative = sum.aggregationTemporality === 2;
            return [name, { name, unit, description, isMonotonic, isCumulative, points: new Map(points) }];
          }),
        );
      });
    });
}

/** The ledger that an export tells of; what has no metric is 0. */
export function ledgerOf(metrics: ReadonlyMap<string, CollectedMetric>): LedgerCounts {
  const counts = LEDGER_NAMES.map((name) => {
    const metric = LEDGER_METRICS[name];
    const attribute = Object.values(metric?.shared?.attributes ?? {})[0] ?? '';
    return [name, (metric && metrics.get(metric.name)?.points.get(attribute)) ?? 0] as const;
  });
  return Object.fromEntries(counts) as LedgerCounts;
}
