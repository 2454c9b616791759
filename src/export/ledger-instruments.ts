import { type Meter, type Observable, ValueType } from '@opentelemetry/api';
import { LEDGER_BRIEFS, LEDGER_METRICS, LEDGER_NAMES, type LedgerCounts, type LedgerMetric } from '../ledger.ts';

/** How many records fit where they wait. */
export interface Capacities {
  readonly ring: number;
  /** `undefined`: nothing is exported. */
  readonly queue: number | undefined;
}

/** Makes an instrument of every metric of the ledger; all are read in one go, so that their sums hold in each export. */
export function observeLedger(meter: Meter, read: () => LedgerCounts, capacities: Capacities): void {
  const instruments = new Map<string, Observable>();
  for (const name of LEDGER_NAMES) {
    const metric = LEDGER_METRICS[name];
    if (!metric || instruments.has(metric.name)) continue;
    instruments.set(metric.name, instrumentOf(meter, metric, metric.shared?.brief ?? plain(LEDGER_BRIEFS[name])));
  }
  meter.addBatchObservableCallback(
    (result) => {
      const counts = read();
      for (const name of LEDGER_NAMES) {
        const metric = LEDGER_METRICS[name];
        const instrument = metric && instruments.get(metric.name);
        if (instrument) result.observe(instrument, counts[name], metric.shared?.attributes ?? {});
      }
    },
    [...instruments.values()],
  );
  observeCapacity(meter, 'ring', capacities.ring);
  if (capacities.queue !== undefined) observeCapacity(meter, 'queue', capacities.queue);
}

function instrumentOf(meter: Meter, { name, unit, kind }: LedgerMetric, description: string): Observable {
  const options = { unit, description, valueType: ValueType.INT };
  return kind === 'counter'
    ? meter.createObservableCounter(name, options)
    : meter.createObservableUpDownCounter(name, options);
}

function observeCapacity(meter: Meter, where: 'ring' | 'queue', capacity: number): void {
  const description = `records that fit into the ${where}`;
  const options = { unit: '{record}', description, valueType: ValueType.INT };
  meter.createObservableUpDownCounter(`tcpaccept.${where}.capacity`, options).addCallback((result) => {
    result.observe(capacity);
  });
}

/** Without the marks of the README. */
function plain(brief: string): string {
  return brief.replaceAll('`', '');
}
