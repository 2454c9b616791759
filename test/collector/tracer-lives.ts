import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { LEDGER_METRICS, LEDGER_NAMES, type LedgerCounts } from '../../src/ledger.ts';
import { EVENTS } from '../../src/record/events.ts';
import { readLedgers } from './ledger-line.ts';
import { TracerCommand } from './tracer-command.ts';

const LOOK_MILLIS = 1000;
const GROWING = LEDGER_NAMES.filter((name) => LEDGER_METRICS[name]?.kind === 'counter');
const ACCEPT_ROW = `"event_name":"${EVENTS.accepted.name}"`;

/** A command that is started again and again; while it lives it is asked for its ledger each second. */
export class TracerLives {
  readonly #env: Readonly<Record<string, string>>;
  readonly #over = new AbortController();
  readonly #watching: Promise<void>;
  #now: TracerCommand | undefined;
  #isRead = true;
  /** Ledgers that were shown and hold. */
  looks = 0;

  constructor(env: Readonly<Record<string, string>>) {
    this.#env = env;
    this.#watching = this.#watch();
  }

  async start(args: readonly string[]): Promise<void> {
    this.#now = await TracerCommand.tracing(args, { env: this.#env });
    this.#isRead = true;
  }

  /** Ends it in order; the last ledger. */
  async stop(): Promise<LedgerCounts> {
    const tracer = this.#take();
    const { code, stdout, stderr } = await tracer.stop();
    assert.equal(code, 0, stderr);
    const last = this.#check(stderr) ?? assert.fail(stderr);
    // Of rows that were on their way at the end, some are counted as not printed and were read all the same.
    assert.ok(stdout.split(ACCEPT_ROW).length - 1 >= last.printed);
    return last;
  }

  async kill(): Promise<void> {
    const tracer = this.#take();
    tracer.signal('SIGKILL');
    this.#check((await tracer.ended()).stderr);
  }

  /** Takes its processors away for a while. */
  async freeze(millis: number): Promise<void> {
    this.#now?.signal('SIGSTOP');
    await delay(millis);
    this.#now?.signal('SIGCONT');
  }

  /** Whoever reads its stdout stops, or goes on. */
  changeReader(): void {
    this.#isRead = !this.#isRead;
    if (this.#isRead) this.#now?.resumeStdout();
    else this.#now?.pauseStdout();
  }

  /** Nobody else may signal it from here on: SIGUSR1 is heard only while it traces. */
  #take(): TracerCommand {
    const tracer = this.#now ?? assert.fail('it does not run');
    this.#now = undefined;
    tracer.resumeStdout();
    return tracer;
  }

  /** Every ledger's sums are checked as it is read; none takes back what only adds up. */
  #check(stderr: string): LedgerCounts | undefined {
    const ledgers = readLedgers(stderr);
    for (const [i, ledger] of ledgers.entries()) {
      for (const name of GROWING) assert.ok(ledger[name] >= (ledgers[i - 1]?.[name] ?? 0), `${name} in:\n${stderr}`);
    }
    this.looks += ledgers.length;
    return ledgers.at(-1);
  }

  async #watch(): Promise<void> {
    while (!this.#over.signal.aborted) {
      this.#now?.signal('SIGUSR1');
      await delay(LOOK_MILLIS, undefined, { signal: this.#over.signal }).catch(() => {});
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#watching;
    await this.#now?.[Symbol.asyncDispose]();
  }
}
