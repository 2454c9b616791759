import type { AcceptTracer } from '../kernel/accept-tracer.ts';
import type { Ledger } from '../ledger.ts';
import type { Printer } from '../output/printer.ts';
import { LossReports } from '../record/loss-reports.ts';
import type { Sinks } from './sinks.ts';

/** How often losses are looked for. */
const LOOK_MILLIS = 1000;

export interface BookkeeperParts {
  readonly tracer: Pick<AcceptTracer, 'counts'>;
  readonly ledger: Ledger;
  readonly sinks: Pick<Sinks, 'report'>;
  readonly printer: Pick<Printer, 'ledger'>;
  /** Of the session's uids. */
  readonly uidPrefix: string;
  readonly write: (line: string) => void;
}

/** Keeps the ledger while tracing: shows it on SIGUSR1, and makes a record of every loss within a second. */
export class Bookkeeper {
  readonly #parts: BookkeeperParts;
  readonly #losses: LossReports;
  readonly #timer: NodeJS.Timeout;
  readonly #onSignal = () => {
    this.#parts.ledger.setRunning(this.#parts.tracer.counts());
    this.#show();
  };

  constructor(parts: BookkeeperParts) {
    this.#parts = parts;
    this.#losses = new LossReports({ uidPrefix: parts.uidPrefix, startedUnixNs: nowUnixNs() });
    this.#timer = setInterval(() => this.reportLosses(), LOOK_MILLIS);
    process.on('SIGUSR1', this.#onSignal);
  }

  /** Hands on records of the losses since the last look. */
  reportLosses(): void {
    const { tracer, ledger, sinks } = this.#parts;
    ledger.setRunning(tracer.counts());
    sinks.report('lost', this.#losses.since(ledger.counts(), nowUnixNs()));
  }

  /** The end: everything is counted, and the ledger shown once more. */
  close(): void {
    clearInterval(this.#timer);
    process.off('SIGUSR1', this.#onSignal);
    this.#parts.ledger.setFinal(this.#parts.tracer.counts());
    this.#show();
  }

  #show(): void {
    const { ledger, printer, write } = this.#parts;
    printer.ledger();
    write(`otel-tcpaccept: ledger ${ledger.toLine()}\n`);
  }
}

function nowUnixNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
