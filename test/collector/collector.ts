import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PATIENCE_MILLIS } from '../in-time.ts';
import { acceptsAmong, type CollectedRecord } from './collected-record.ts';
import { freePorts } from './free-ports.ts';
import { RecordsFile } from './records-file.ts';

const BUILD_SCRIPT = fileURLToPath(new URL('build.sh', import.meta.url));
const SHIPPED_CONFIG = fileURLToPath(new URL('../../otel-config/collector.yaml', import.meta.url));
const READY_LINE = 'Everything is ready';
const POLL_INTERVAL_MILLIS = 25;
const MAX_PORT_CLASHES = 5;

export interface CollectorPorts {
  readonly http: number;
  readonly grpc: number;
  readonly health: number;
}

export interface CollectorOptions {
  /** Where the records go. Default: a temporary folder, removed by stop(). Name a path to start again on the same file. */
  readonly recordsPath?: string;
  /** More environment variables of the collector; it inherits none of this process's. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: otel-config/collector.yaml as it ships. It must read the same variables and log at level info. */
  readonly configPath?: string;
  /** Default: free ones, and others when somebody was quicker. Given ports that are taken are an error. */
  readonly ports?: CollectorPorts;
}

/** Starts a real OpenTelemetry Collector; resolves when it takes records, in time (and 3 minutes for its first build). */
export async function startCollector(options: CollectorOptions = {}): Promise<Collector> {
  const build = promisify(execFile)(BUILD_SCRIPT);
  build.child.stderr?.pipe(process.stderr);
  const binary = (await build).stdout.trim();
  for (let clashes = 0; ; clashes++) {
    const ports = options.ports ?? (await findPorts());
    const folder = await mkdtemp(join(tmpdir(), 'otel-tcpaccept-collector-'));
    const collector = new Collector(binary, folder, ports, options);
    try {
      await collector.untilReady();
      return collector;
    } catch (error) {
      collector.kill('SIGKILL');
      await collector.stop();
      const clashed = collector.stderr().includes('address already in use');
      if (!clashed || options.ports !== undefined || clashes === MAX_PORT_CLASHES) throw error;
    }
  }
}

async function findPorts(): Promise<CollectorPorts> {
  const [http = 0, grpc = 0, health = 0] = await freePorts(3);
  return { http, grpc, health };
}

/** A collector process. End it with stop(), or hold it with `await using`. */
export class Collector {
  readonly pid: number;
  readonly ports: CollectorPorts;
  /** For OTEL_EXPORTER_OTLP_ENDPOINT with http/protobuf and http/json: `http://127.0.0.1:PORT`. */
  readonly httpEndpoint: string;
  /** For OTEL_EXPORTER_OTLP_ENDPOINT with grpc: `http://127.0.0.1:PORT`. */
  readonly grpcEndpoint: string;
  /** Answers 200 while the collector is up: `http://127.0.0.1:PORT`. */
  readonly healthEndpoint: string;
  /** What it took of metrics: an OTLP JSON request a line. Gone after stop(). */
  readonly metricsPath: string;
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #folder: string;
  readonly #file: RecordsFile;
  readonly #killAtExit = () => this.kill('SIGKILL');
  #stderr = '';
  #killed = false;
  #stopping: Promise<void> | undefined;

  /** Use startCollector(). Takes ownership of `folder`. */
  constructor(binary: string, folder: string, ports: CollectorPorts, options: CollectorOptions) {
    const recordsPath = options.recordsPath ?? join(folder, 'records.jsonl');
    this.ports = ports;
    this.httpEndpoint = `http://127.0.0.1:${ports.http}`;
    this.grpcEndpoint = `http://127.0.0.1:${ports.grpc}`;
    this.healthEndpoint = `http://127.0.0.1:${ports.health}`;
    this.metricsPath = join(folder, 'metrics.jsonl');
    this.#folder = folder;
    this.#file = new RecordsFile(recordsPath);
    this.#process = spawn(binary, ['--config', options.configPath ?? SHIPPED_CONFIG], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        OTELCOL_HTTP_ENDPOINT: `127.0.0.1:${ports.http}`,
        OTELCOL_GRPC_ENDPOINT: `127.0.0.1:${ports.grpc}`,
        OTELCOL_HEALTH_ENDPOINT: `127.0.0.1:${ports.health}`,
        OTELCOL_RECORDS_FILE: recordsPath,
        OTELCOL_METRICS_FILE: this.metricsPath,
        ...options.env,
      },
    });
    this.pid = this.#process.pid ?? 0;
    this.#exited = once(this.#process, 'close');
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    process.once('exit', this.#killAtExit);
  }

  /**
   * Resolves when the collector says that it is ready.
   * Its own word is asked for, not its health port, which could be another collector's that was quicker.
   */
  untilReady(): Promise<void> {
    return this.#until(
      () => this.#stderr.includes(READY_LINE),
      PATIENCE_MILLIS,
      () => 'it is ready',
    );
  }

  /** Everything collected until now, oldest first. Also after stop(). */
  async records(): Promise<CollectedRecord[]> {
    return [...(await this.#file.read())];
  }

  /** Resolves with everything collected as soon as it is at least that many records, or the predicate holds for it. */
  async waitForRecords(
    wanted: number | ((records: readonly CollectedRecord[]) => boolean),
    { timeoutMillis }: { timeoutMillis: number },
  ): Promise<CollectedRecord[]> {
    let records: readonly CollectedRecord[] = [];
    let asked = -1;
    const isEnough = async () => {
      records = await this.#file.read();
      if (typeof wanted === 'number') return records.length >= wanted;
      if (records.length === asked) return false;
      asked = records.length;
      return wanted(records);
    };
    const what = typeof wanted === 'number' ? `${wanted} records are there` : 'the records are as wanted';
    await this.#until(isEnough, timeoutMillis, () => `${what}, there are ${records.length}`);
    return [...records];
  }

  /** The accepts collected until now, oldest first. Also after stop(). */
  async accepts(): Promise<CollectedRecord[]> {
    return acceptsAmong(await this.records());
  }

  /** Resolves with the accepts collected as soon as they are that many. */
  async waitForAccepts(count: number, options: { timeoutMillis: number }): Promise<CollectedRecord[]> {
    return acceptsAmong(await this.waitForRecords((records) => acceptsAmong(records).length >= count, options));
  }

  /** Everything the collector wrote to stderr until now: its log, with one line a request. */
  stderr(): string {
    return this.#stderr;
  }

  /** Sends a signal, for instance SIGKILL for a crash or SIGSTOP for a collector that hangs. */
  kill(signal: NodeJS.Signals): void {
    this.#killed ||= signal === 'SIGKILL';
    this.#process.kill(signal);
  }

  /** Ends the collector, waits for it, and removes its folder. Rejects when it did not end by itself with exit code 0. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    this.#process.kill('SIGCONT'); // a stopped process gets no other signal
    const inTime = await Promise.race([this.#exited, delay(PATIENCE_MILLIS, 'late', { ref: false })]);
    if (inTime === 'late') this.#process.kill('SIGKILL');
    await this.#exited;
    process.off('exit', this.#killAtExit);
    await this.#file.read();
    await rm(this.#folder, { recursive: true, force: true });
    const { exitCode, signalCode } = this.#process;
    if (exitCode === 0 || this.#killed) return;
    throw new Error(`The collector ended with ${signalCode ?? exitCode}; its stderr:\n${this.#stderr}`);
  }

  async #until(condition: () => boolean | Promise<boolean>, timeoutMillis: number, what: () => string): Promise<void> {
    const deadline = performance.now() + timeoutMillis;
    for (;;) {
      // Looked at before the condition, which so has the last word on what an ended collector left behind.
      const ended = this.#process.exitCode ?? this.#process.signalCode;
      const late = performance.now() >= deadline;
      if (await condition()) return;
      if (ended !== null || late) {
        const cause = ended === null ? `${timeoutMillis} ms passed` : `the collector ended with ${ended}`;
        throw new Error(`Waited until ${what()}, but ${cause}; its stderr:\n${this.#stderr.slice(-4000)}`);
      }
      await delay(POLL_INTERVAL_MILLIS);
    }
  }
}
