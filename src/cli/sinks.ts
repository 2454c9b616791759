import type { ExportLane } from '../export/open-lane.ts';
import type { TracesExport } from '../export/open-traces.ts';
import type { Identifier } from '../identity/identify.ts';
import type { AcceptSummary } from '../kernel/accept-summary.ts';
import type { AcceptBatch } from '../kernel/accepted-connection.ts';
import type { EndBatch } from '../kernel/connection-end.ts';
import type { Ledger } from '../ledger.ts';
import type { Printer } from '../output/printer.ts';
import type { EventKind, EventRecords } from '../record/events.ts';

export interface SinksParts {
  readonly ledger: Ledger;
  readonly identifier: Identifier;
  readonly printer: Printer;
  /** `undefined`: export is off. */
  readonly lane: ExportLane | undefined;
  /** `undefined`: no spans are made. */
  readonly traces: TracesExport | undefined;
}

/** Every batch to whoever wants it, counted as it passes. */
export class Sinks {
  readonly #parts: SinksParts;

  constructor(parts: SinksParts) {
    this.#parts = parts;
  }

  take(batch: AcceptBatch): void {
    const { ledger, identifier, printer, lane, traces } = this.#parts;
    ledger.add('drained', batch.count);
    const identified = identifier.identify(batch);
    // First: records say which span is exported of them.
    const traced = traces ? traces.trace(identified) : identified;
    printer.accept(traced);
    if (lane) lane.accept(traced);
    else ledger.add('unexported', batch.count);
  }

  /** How connections ended whose accepts were taken before. */
  end({ accepts, ends }: EndBatch): void {
    const { ledger, identifier, traces } = this.#parts;
    ledger.add('ends_drained', ends.length);
    traces?.traceEnds(identifier.identify(accepts), ends);
  }

  /** What was counted in place of records. */
  summarize(summaries: readonly AcceptSummary[]): void {
    const { ledger, identifier, printer } = this.#parts;
    const accepts = sumOf(summaries);
    ledger.add('summarized', accepts);
    ledger.add('coarsened', sumOf(summaries.filter(({ level }) => level !== 'peer')));
    this.report('summarized', identifier.identifySummaries(summaries));
    printer.countTowardsLimit(accepts);
  }

  /** Records that were made here. */
  report<Kind extends EventKind>(kind: Kind, records: readonly EventRecords[Kind][]): void {
    if (records.length === 0) return;
    const { ledger, printer, lane } = this.#parts;
    printer.report(kind, records);
    if (!lane) return;
    ledger.add('reports', records.length);
    lane.report(kind, records);
  }
}

function sumOf(summaries: readonly AcceptSummary[]): number {
  return summaries.reduce((sum, { accepts }) => sum + accepts, 0);
}
