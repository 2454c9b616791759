import { diag, logs } from '@opentelemetry/api';
import { LoggerProvider, type LogRecordProcessor, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { inTime } from '../in-time.ts';

/** A logger provider that keeps every record it is given, at once. */
export class KeptRecords implements LogRecordProcessor {
  readonly records: ReadableLogRecord[] = [];
  readonly provider = new LoggerProvider({ processors: [this] });
  #arrived = Promise.withResolvers<void>();

  /** One that is registered with the API until it is disposed of. */
  static registered(): KeptRecords {
    const kept = new KeptRecords();
    logs.setGlobalLoggerProvider(kept.provider);
    return kept;
  }

  onEmit(record: ReadableLogRecord): void {
    this.records.push(record);
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}

  /** Peer ports, which tell connections apart, in the order of the records. */
  get peerPorts(): unknown[] {
    return this.records.map(({ attributes }) => attributes['network.peer.port']);
  }

  /** Waits until there are that many; fails when they do not come. */
  async until(count: number): Promise<void> {
    const all = async () => {
      while (this.records.length < count) await this.#arrived.promise;
    };
    await inTime(all(), `${count} records were emitted`, () => `There are ${this.records.length}.`);
  }

  [Symbol.dispose](): void {
    logs.disable();
  }
}

/** What `diag` was told while this was its logger; warnings and errors only. */
export class HeardDiag {
  readonly errors: string[] = [];
  readonly warnings: string[] = [];

  constructor() {
    diag.setLogger({
      error: (text) => this.errors.push(text),
      warn: (text) => this.warnings.push(text),
      info: () => {},
      debug: () => {},
      verbose: () => {},
    });
  }

  [Symbol.dispose](): void {
    diag.disable();
  }
}
