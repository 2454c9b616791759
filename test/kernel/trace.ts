import assert from 'node:assert/strict';
import { AcceptTracer, type KernelCounts } from '../../src/kernel/accept-tracer.ts';
import type { AcceptedConnection } from '../../src/kernel/accepted-connection.ts';
import type { TracerSettings } from '../../src/kernel/open-session.ts';
import { HOOK } from './hook.ts';

const WAIT_MILLIS = 10_000;

/** A tracer that keeps all it hands over. Other processes of the host accept too: look at your own by pid or port. */
export class Trace {
  readonly tracer: AcceptTracer;
  readonly connections: AcceptedConnection[] = [];
  #arrived = Promise.withResolvers<void>();

  /** What is not said: HOOK, a ring nothing here fills, no filter, own connections are events. */
  constructor(settings: Partial<TracerSettings> = {}) {
    this.tracer = new AcceptTracer({ hook: HOOK, ringBytes: 1 << 20, self: 'none', ...settings });
    this.tracer.run((batch) => {
      this.connections.push(...batch.connections);
      this.#arrived.resolve();
      this.#arrived = Promise.withResolvers();
    });
  }

  of(pid: number): AcceptedConnection[] {
    return this.connections.filter((connection) => connection.pid === pid);
  }

  /** The connections of `pid` once there are `count`; fails when they do not come. */
  async until(pid: number, count: number): Promise<AcceptedConnection[]> {
    const deadline = AbortSignal.timeout(WAIT_MILLIS);
    const late = new Promise<void>((resolve) => deadline.addEventListener('abort', () => resolve()));
    while (this.of(pid).length < count && !deadline.aborted) await Promise.race([this.#arrived.promise, late]);
    assert.equal(this.of(pid).length, count, `records of ${pid}`);
    return this.of(pid);
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
