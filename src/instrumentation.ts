import { type Logger, type LoggerProvider, logs } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { TcpAcceptError } from './errors.ts';
import { AcceptEmitter } from './instrumentation/accept-emitter.ts';
import { type TcpAcceptInstrumentationConfig, tracerSettings, unknownOptions } from './instrumentation/options.ts';
import { say } from './instrumentation/say.ts';
import { Ledger, type LedgerCounts } from './ledger.ts';
import { SCHEMA_URL } from './record/semantic-conventions.ts';
import { PACKAGE_NAME, PACKAGE_VERSION } from './version.ts';

export type { TcpAcceptInstrumentationConfig } from './instrumentation/options.ts';

/** Those of this thread that are tracing. */
const tracing = new Set<TcpAcceptInstrumentation>();

/**
 * Emits one log record for every TCP connection this process accepts, through the application's logger provider.
 *
 * Needs Linux, and root or the capabilities that the README lists while it starts. It never breaks its host: a start that
 * fails is one `diag` error with the code, and then it does nothing; it keeps no process alive. It finds the logger
 * provider whenever that is registered: what is accepted before is counted as `dropped`.
 *
 * It is no `InstrumentationBase`: there is nothing to patch, and that class hooks `require` and takes 50 ms to load.
 */
export class TcpAcceptInstrumentation implements Instrumentation<TcpAcceptInstrumentationConfig> {
  readonly instrumentationName = PACKAGE_NAME;
  readonly instrumentationVersion = PACKAGE_VERSION;
  #config: TcpAcceptInstrumentationConfig;
  #logger = loggerOf(logs);
  /** The latest one, also after it was stopped: its counts still hold. */
  #emitter: AcceptEmitter | undefined;

  /** Starts tracing unless `enabled` is false. */
  constructor(config: TcpAcceptInstrumentationConfig = {}) {
    this.#config = config;
    if (isWanted(config)) this.enable();
  }

  /** Starts tracing with a new ledger; when that fails, says so once and stays off. Nothing when it is on. */
  enable(): void {
    if (this.isEnabled()) return;
    try {
      for (const text of unknownOptions(this.#config)) say('warn', text);
      this.#emitter = new AcceptEmitter(tracerSettings(this.#config, process.env), () => this.#logger);
    } catch (thrown) {
      const { code, message } = TcpAcceptError.from(thrown);
      say('error', `${message}; this process runs on without accept records`, code);
      return;
    }
    if (tracing.size > 0) say('warn', 'another instrumentation is on: an accept that both want becomes two records');
    tracing.add(this);
  }

  /** Stops tracing after emitting what was recorded. */
  disable(): void {
    if (tracing.delete(this)) this.#emitter?.stop();
  }

  isEnabled(): boolean {
    return tracing.has(this);
  }

  /**
   * Emits at once what was recorded so far, which otherwise takes up to 20 ms: for just before the logger provider is
   * flushed or shut down. A natural exit does so by itself, before the application's own `beforeExit` listeners.
   */
  flush(): void {
    if (this.isEnabled()) this.#emitter?.flush();
  }

  /** What became of every accept since it was enabled last: `drained = emitted + dropped`. Beyond is the application's. */
  counts(): LedgerCounts {
    return this.#emitter?.counts() ?? new Ledger().counts();
  }

  /** The options, with `enabled` as it was understood. */
  getConfig(): TcpAcceptInstrumentationConfig {
    return { ...this.#config, enabled: isWanted(this.#config) };
  }

  /** Takes effect when it is enabled the next time. */
  setConfig(config: TcpAcceptInstrumentationConfig): void {
    this.#config = config;
  }

  /** Emits to this provider from now on, instead of the one registered with the API. */
  setLoggerProvider(provider: LoggerProvider): void {
    this.#logger = loggerOf(provider);
  }

  /** Nothing: it makes no spans. */
  setTracerProvider(): void {}

  /** Nothing: it makes no metrics. */
  setMeterProvider(): void {}
}

/** Also of what is no options at all, which `enable` refuses. */
function isWanted(config: TcpAcceptInstrumentationConfig | null): boolean {
  return config?.enabled !== false;
}

function loggerOf(provider: Pick<LoggerProvider, 'getLogger'>): Logger {
  return provider.getLogger(PACKAGE_NAME, PACKAGE_VERSION, { schemaUrl: SCHEMA_URL });
}
