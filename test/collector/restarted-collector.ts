import type { CollectedRecord } from './collected-record.ts';
import { type Collector, type CollectorPorts, startCollector } from './collector.ts';
import { freePorts } from './free-ports.ts';

/** A collector that comes and goes on the same ports, and what all its lives took. Down at first. */
export class RestartedCollector {
  readonly endpoint: string;
  readonly #ports: CollectorPorts;
  /** Each life has a file of its own, since the last line of one that was killed may lack its end. */
  readonly #before: CollectedRecord[] = [];
  #now: Collector | undefined;
  #hangs = false;

  static async prepare(): Promise<RestartedCollector> {
    const [http = 0, grpc = 0, health = 0] = await freePorts(3);
    return new RestartedCollector({ http, grpc, health });
  }

  private constructor(ports: CollectorPorts) {
    this.#ports = ports;
    this.endpoint = `http://127.0.0.1:${ports.http}`;
  }

  /** Starts, or goes on, if it does not run. */
  async up(): Promise<Collector> {
    this.#now ??= await startCollector({ ports: this.#ports });
    if (this.#hangs) this.#now.kill('SIGCONT');
    this.#hangs = false;
    return this.#now;
  }

  /** Ends, hangs, or comes up again where it does neither; what it did, in a word. */
  async change(how: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP'): Promise<string> {
    if (!this.#now || this.#hangs) {
      await this.up();
      return 'collector up';
    }
    if (how === 'SIGSTOP') {
      this.#now.kill(how);
      this.#hangs = true;
    } else {
      await this.#end(how);
    }
    return `collector ${how}`;
  }

  /** Resolves with all that every life took, as soon as the predicate holds for it. */
  async waitForRecords(
    isComplete: (records: readonly CollectedRecord[]) => boolean,
    options: { readonly timeoutMillis: number },
  ): Promise<readonly CollectedRecord[]> {
    const now = await this.up();
    await now.waitForRecords((records) => isComplete([...this.#before, ...records]), options);
    return this.records();
  }

  async records(): Promise<readonly CollectedRecord[]> {
    return [...this.#before, ...((await this.#now?.records()) ?? [])];
  }

  async #end(how: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const collector = this.#now;
    this.#now = undefined;
    if (how === 'SIGKILL') collector?.kill(how);
    await collector?.stop();
    this.#before.push(...((await collector?.records()) ?? []));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end('SIGKILL');
  }
}
