import { type Logger, ROOT_CONTEXT } from '@opentelemetry/api';
import { Identifier } from '../identity/identify.ts';
import { ProcessCache } from '../identity/process-cache.ts';
import { AcceptTracer } from '../kernel/accept-tracer.ts';
import type { AcceptBatch } from '../kernel/accepted-connection.ts';
import { loadNative } from '../kernel/native.ts';
import type { TracerSettings } from '../kernel/open-session.ts';
import { Ledger, type LedgerCounts } from '../ledger.ts';
import type { AcceptRecord } from '../record/accept-record.ts';
import { EVENTS } from '../record/events.ts';
import { emitRecord } from '../record/log-record.ts';
import { say } from './say.ts';

/**
 * Traces from construction to `stop`, and emits every accept through the logger that `loggerNow` returns at that time.
 *
 * Keeps no process alive, and throws nowhere but in the constructor: `TcpAcceptError`, with nothing left attached.
 */
export class AcceptEmitter {
  readonly #ledger = new Ledger();
  readonly #identifier: Identifier;
  readonly #tracer: AcceptTracer;
  readonly #loggerNow: () => Logger;
  readonly #flushBeforeExit = () => this.flush();
  #closed = false;
  #warned = false;

  constructor(settings: TracerSettings, loggerNow: () => Logger) {
    this.#loggerNow = loggerNow;
    // First: off Linux there is no /proc that the identifier could read.
    const native = loadNative();
    this.#identifier = new Identifier({ cache: new ProcessCache({ ownProcess: settings.ownProcess === true }) });
    this.#tracer = new AcceptTracer(settings, native);
    this.#tracer.run((batch) => this.#take(batch), { keepAlive: false });
    // Before the application's listeners, one of which may flush its logger provider.
    process.prependListener('beforeExit', this.#flushBeforeExit);
  }

  /** Emits at once what was recorded so far. */
  flush(): void {
    this.#tracer.drain();
  }

  /** Ends recording, emits what was recorded, and frees everything; `counts` still holds. */
  stop(): void {
    process.off('beforeExit', this.#flushBeforeExit);
    const settled = this.#tracer.stop();
    this.#tracer.drain();
    // A program that was running on another CPU while it was detached may still hand in an accept.
    const close = () => {
      this.#ledger.setFinal(this.#tracer.counts());
      this.#tracer.close();
      this.#closed = true;
    };
    settled.then(close, close);
  }

  counts(): LedgerCounts {
    if (!this.#closed) this.#ledger.setRunning(this.#tracer.counts());
    return this.#ledger.counts();
  }

  #take(batch: AcceptBatch): void {
    this.#ledger.add('drained', batch.count);
    const logger = this.#loggerNow();
    if (!isListening(logger)) {
      this.#ledger.add('dropped', batch.count);
      return;
    }
    for (const record of this.#identifier.identify(batch).records) this.#emit(logger, record);
  }

  #emit(logger: Logger, record: AcceptRecord): void {
    try {
      emitRecord(logger, 'accepted', record);
      this.#ledger.add('emitted', 1);
    } catch (thrown) {
      this.#ledger.add('dropped', 1);
      if (this.#warned) return;
      this.#warned = true;
      const what = thrown instanceof Error ? thrown.message : `a ${typeof thrown}`;
      say('warn', `the application's logger threw (${what}); such records are dropped, which is said only once`);
    }
  }
}

/** False without a logger provider, after its shutdown, and where it is told to leave these records out. */
function isListening(logger: Logger): boolean {
  const { name, severityNumber } = EVENTS.accepted;
  try {
    return logger.enabled({ context: ROOT_CONTEXT, severityNumber, eventName: name });
  } catch {
    // A provider older than the question, which the API's proxy hands on all the same.
    return true;
  }
}
