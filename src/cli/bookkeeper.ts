import type { AcceptTracer } from '../kernel/accept-tracer.ts';
import { NOTED } from '../kernel/reader-notes.ts';
import type { Ledger } from '../ledger.ts';
import type { Printer } from '../output/printer.ts';
import { LossReports } from '../record/loss-reports.ts';
import type { Sinks } from './sinks.ts';

/** How often losses are looked for. */
const LOOK_MILLIS = 1000;

export interface BookkeeperParts {
  readonly tracer: Pick<AcceptTracer, 'counts' | 'isPinned'> & {
    readonly earlier: Pick<AcceptTracer['earlier'], 'notes' | 'noteTelling' | 'noteTold'>;
  };
  readonly ledger: Ledger;
  readonly sinks: Pick<Sinks, 'report'>;
  readonly printer: Pick<Printer, 'ledger'>;
  /** Of the session's uids. */
  readonly uidPrefix: string;
  /** Of this run, which is one of several where the session is pinned. */
  readonly runUidPrefix: string;
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

  /** Records handed on when a loss was told of last; `undefined` once it is known to be safe. */
  #telling: { readonly handedOn: number; readonly unixNs: bigint } | undefined;

  constructor(parts: BookkeeperParts) {
    this.#parts = parts;
    const { uidPrefix, runUidPrefix, tracer } = parts;
    const { told, toldUnixNs } = tracer.earlier.notes;
    const startedUnixNs = toldUnixNs || nowUnixNs();
    this.#losses = new LossReports({ uidPrefix, runUidPrefix, startedUnixNs, countsBefore: told });
    this.#tellInterrupted();
    this.#timer = setInterval(() => this.reportLosses(), LOOK_MILLIS);
    process.on('SIGUSR1', this.#onSignal);
  }

  /** Hands on records of the losses since the last look; where the next reader is to know of them, one look's at a time. */
  reportLosses(): void {
    const { tracer, ledger, sinks } = this.#parts;
    const counts = tracer.counts();
    ledger.setRunning(counts);
    this.#noteTold();
    if (this.#telling) return;
    const unixNs = nowUnixNs();
    const losses = this.#losses.since(ledger.counts(), unixNs);
    if (tracer.isPinned) tracer.earlier.noteTelling(counts);
    sinks.report('lost', losses);
    if (!tracer.isPinned) return;
    if (losses.length > 0) this.#telling = { handedOn: this.#handedOn(), unixNs };
    else tracer.earlier.noteTold(unixNs);
  }

  /** The end: everything is counted, and the ledger shown once more. */
  close(): void {
    clearInterval(this.#timer);
    process.off('SIGUSR1', this.#onSignal);
    this.#parts.ledger.setFinal(this.#parts.tracer.counts());
    this.#noteTold();
    this.#show();
  }

  /** What the last reader had begun to tell of, once more as it would have. */
  #tellInterrupted(): void {
    const { tracer, ledger, sinks } = this.#parts;
    const { told, telling } = tracer.earlier.notes;
    const counts = { ...ledger.counts() };
    for (const name of NOTED) counts[name] = telling[name] - told[name];
    const unixNs = nowUnixNs();
    const losses = this.#losses.since(counts, unixNs);
    if (losses.length === 0) return;
    sinks.report('lost', losses);
    this.#telling = { handedOn: this.#handedOn(), unixNs };
  }

  /** All that was handed on before the telling is on disk, delivered or given up, and counted so. */
  #noteTold(): void {
    if (!this.#telling || this.#handedOn() - this.#parts.ledger.get('queued') < this.#telling.handedOn) return;
    this.#parts.tracer.earlier.noteTold(this.#telling.unixNs);
    this.#telling = undefined;
  }

  #handedOn(): number {
    return this.#parts.ledger.get('drained') + this.#parts.ledger.get('reports');
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
