import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { KernelCounts } from '../../src/kernel/accept-tracer.ts';
import type { TracerSettings } from '../../src/kernel/open-session.ts';
import type { TracerAnswer, TracerOrder } from './tracer.ts';

const PROGRAM = new URL('tracer.ts', import.meta.url);

/** What a bench attaches and detaches; it reads in a process of its own. */
export class OurTracer {
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  /** Of this build unless `addon` is another's; with an endpoint, it sends what it encodes. */
  constructor(addon = '', endpoint = '') {
    this.#child = fork(PROGRAM, [addon, endpoint]);
    this.#ended = once(this.#child, 'exit').then(([code, signal]) => {
      throw new Error(`the tracer ended: ${code ?? signal}`);
    });
    this.#ended.catch(() => {});
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async attach(settings: Partial<TracerSettings>): Promise<void> {
    await this.#ask({ attach: { hook: 'auto', ringBytes: 8 << 20, self: 'all', ...settings } });
  }

  async detach(): Promise<KernelCounts> {
    return (await this.#detached()).counts;
  }

  /** How many records it has sent in all; detaches. */
  async delivered(): Promise<number> {
    return (await this.#detached()).delivered;
  }

  async #detached(): Promise<Extract<TracerAnswer, { counts: KernelCounts }>> {
    const answer = await this.#ask('detach');
    if (!('counts' in answer)) throw new Error('no counts');
    return answer;
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }

  async #ask(order: TracerOrder): Promise<TracerAnswer> {
    this.#child.send(order);
    const [answer]: TracerAnswer[] = await Promise.race([once(this.#child, 'message'), this.#ended]);
    if (!answer) throw new Error('the tracer says nothing');
    return answer;
  }
}
