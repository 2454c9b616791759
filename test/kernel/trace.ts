import assert from 'node:assert/strict';
import { AcceptTracer, type KernelCounts } from '../../src/kernel/accept-tracer.ts';
import type { AcceptedConnection } from '../../src/kernel/accepted-connection.ts';
import type { ConnectionEnd, EndBatch } from '../../src/kernel/connection-end.ts';
import type { TracerSettings } from '../../src/kernel/open-session.ts';
import { PATIENCE_MILLIS } from '../in-time.ts';
import { HOOK } from './hook.ts';

/** The end of a connection whose accept was handed over before, at that place of `Trace.connections`. */
export interface EndedConnection {
  readonly accept: AcceptedConnection;
  readonly end: ConnectionEnd;
  readonly place: number;
}

/** A tracer that keeps all it hands over. Other processes of the host accept too: look at your own by pid or port. */
export class Trace {
  readonly tracer: AcceptTracer;
  readonly connections: AcceptedConnection[] = [];
  /** With the setting `connections`. */
  readonly ended: EndedConnection[] = [];
  #arrived = Promise.withResolvers<void>();

  /** What is not said: HOOK, a ring nothing here fills, no filter, own connections are events. */
  constructor(settings: Partial<TracerSettings> = {}) {
    this.tracer = new AcceptTracer({ hook: HOOK, ringBytes: 1 << 20, self: 'none', ...settings });
    this.tracer.run(
      (batch) => {
        this.connections.push(...batch.connections);
        this.#arrive();
      },
      settings.connections ? { onEnds: (batch) => this.#end(batch) } : {},
    );
  }

  #end({ accepts, ends }: EndBatch): void {
    for (const [index, end] of ends.entries()) {
      const accept = accepts.connections[index] ?? assert.fail('an end without its accept');
      const place = this.connections.findIndex(
        ({ cpu, sequence }) => cpu === accept.cpu && sequence === accept.sequence,
      );
      this.ended.push({ accept, end, place });
    }
    this.#arrive();
  }

  #arrive(): void {
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }

  of(pid: number): AcceptedConnection[] {
    return this.connections.filter((connection) => connection.pid === pid);
  }

  /** The connections of `pid` once there are `count`; fails when they do not come. */
  async until(pid: number, count: number): Promise<AcceptedConnection[]> {
    await this.#until(() => this.of(pid).length >= count);
    const { length } = this.of(pid);
    assert.equal(length, count, `${length} records of ${pid}, ${JSON.stringify(this.tracer.counts())}`);
    return this.of(pid);
  }

  /** The end of the connection from this port; fails when it does not come. */
  async untilEnd(peerPort: number): Promise<EndedConnection> {
    const found = () => this.ended.find(({ accept }) => accept.peerPort === peerPort);
    await this.#until(() => found() !== undefined);
    return (
      found() ?? assert.fail(`no end of the connection from port ${peerPort}, ${JSON.stringify(this.tracer.counts())}`)
    );
  }

  async #until(isThere: () => boolean): Promise<void> {
    const deadline = AbortSignal.timeout(PATIENCE_MILLIS);
    const late = new Promise<void>((resolve) => deadline.addEventListener('abort', () => resolve()));
    while (!isThere() && !deadline.aborted) await Promise.race([this.#arrived.promise, late]);
  }

  /** Ends recording; `connections` is complete afterwards. */
  async stop(): Promise<KernelCounts> {
    await this.tracer.stop();
    return this.tracer.counts();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tracer[Symbol.asyncDispose]();
  }
}
