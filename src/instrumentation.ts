import { diag } from '@opentelemetry/api';
import { InstrumentationBase, type InstrumentationConfig } from '@opentelemetry/instrumentation';
import { TcpAcceptError } from './errors.ts';
import { otlpPorts } from './export/otlp-ports.ts';
import { Identifier } from './identity/identify.ts';
import { ProcessCache } from './identity/process-cache.ts';
import { AcceptTracer } from './kernel/accept-tracer.ts';
import type { AcceptBatch } from './kernel/accepted-connection.ts';
import type { Hook } from './kernel/binding.ts';
import { Ledger, type LedgerCounts } from './ledger.ts';
import { emitRecord } from './record/log-record.ts';
import { PACKAGE_NAME, PACKAGE_VERSION } from './version.ts';

/** Options of the plugin; what is left out traces every accept of this process. */
export interface TcpAcceptInstrumentationConfig extends InstrumentationConfig {
  /** Whose accepts: this process's (default), every process's on the host, or one process's by its host pid. */
  processes?: 'own' | 'all' | number;
  /** Local ports to keep, 1 to 65535; default all. */
  ports?: readonly number[];
  /** Keep one socket family; default both. */
  family?: 'inet' | 'inet6';
  /** How accepts are seen; default `auto`, the best the kernel allows. */
  hook?: Hook | 'auto';
  /** Bytes of the kernel's ring, a power of two of at least 4096; default 1 MiB, about 7,000 accepts. */
  ringBytes?: number;
}

const DEFAULT_RING_BYTES = 1 << 20;

/**
 * Emits one log record for every TCP connection this process accepts, through the application's logger provider.
 *
 * Needs Linux, and root or CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN. It never breaks its host: a start that fails is one
 * `diag` error with the code, and then it does nothing. It keeps no process alive. Connections that this process opens to
 * the OTLP endpoints of its environment are never records.
 */
export class TcpAcceptInstrumentation extends InstrumentationBase<TcpAcceptInstrumentationConfig> {
  #tracer: AcceptTracer | undefined;
  #identifier: Identifier | undefined;
  #ledger = new Ledger();

  constructor(config: TcpAcceptInstrumentationConfig = {}) {
    // The base class calls enable() before our fields exist: it starts disabled, we start at the end.
    super(PACKAGE_NAME, PACKAGE_VERSION, { ...config, enabled: false });
    this.setConfig(config);
    if (config.enabled !== false) this.enable();
  }

  /** Nothing is patched: accepts are seen in the kernel. */
  protected override init(): undefined {
    return undefined;
  }

  /** Starts tracing; when that fails, says so once through `diag` and stays off. */
  override enable(): void {
    if (this.#tracer) return;
    try {
      this.#start(this.getConfig());
    } catch (thrown) {
      const { code, message } = TcpAcceptError.from(thrown);
      diag.error(`${PACKAGE_NAME}: ${code}: ${message}; this process runs on without accept records`);
    }
  }

  /** Stops tracing after emitting what was recorded. */
  override disable(): void {
    this.flush();
    this.#tracer?.close();
    this.#tracer = undefined;
  }

  /** Emits every accept recorded so far; call it before the logger provider's own flush or shutdown. */
  flush(): void {
    this.#tracer?.drain();
  }

  /** The ledger so far; in an application it ends at `emitted`, beyond which is the application's own pipeline. */
  counts(): LedgerCounts {
    this.#readKernel();
    return this.#ledger.counts();
  }

  #start(config: TcpAcceptInstrumentationConfig): void {
    const { processes = 'own', ports = [], family, hook = 'auto', ringBytes = DEFAULT_RING_BYTES } = config;
    const tracer = new AcceptTracer({
      hook,
      ringBytes,
      ports,
      family,
      ownProcess: processes === 'own',
      pid: typeof processes === 'number' ? processes : undefined,
      self: 'ports',
      selfPorts: otlpPorts(process.env),
    });
    this.#ledger = new Ledger();
    this.#identifier = new Identifier({ cache: new ProcessCache({ ownProcess: processes === 'own' }) });
    this.#tracer = tracer;
    tracer.run((batch) => this.#emit(batch), { keepAlive: false });
  }

  #emit(batch: AcceptBatch): void {
    this.#ledger.add('drained', batch.count);
    for (const record of this.#identifier?.identify(batch) ?? []) {
      try {
        emitRecord(this.logger, record);
        this.#ledger.add('emitted', 1);
      } catch (thrown) {
        this.#ledger.add('dropped', 1);
        diag.debug(`${PACKAGE_NAME}: the application's logger threw`, thrown);
      }
    }
  }

  #readKernel(): void {
    if (!this.#tracer) return;
    for (const [name, count] of Object.entries(this.#tracer.counts())) {
      this.#ledger.set(name as keyof LedgerCounts, count);
    }
  }
}
