import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const BUILD_SCRIPT = fileURLToPath(new URL('build.sh', import.meta.url));
const READY_TIMEOUT_MILLIS = 60_000;
const POLL_INTERVAL_MILLIS = 50;

/** The path of a built backend; its first build takes minutes. */
export async function buildBackend(name: 'loki' | 'jaeger'): Promise<string> {
  const build = promisify(execFile)(BUILD_SCRIPT, [name]);
  build.child.stderr?.pipe(process.stderr);
  return (await build).stdout.trim();
}

/** A server in a process of its own; killed when disposed of: Jaeger would take ten seconds to end in order. */
export class Backend {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #killAtExit = () => this.#child.kill('SIGKILL');
  #log = '';

  constructor(program: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    this.#exited = once(this.#child, 'close');
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#log += text;
      });
    }
    process.once('exit', this.#killAtExit);
  }

  /** Everything it printed until now. */
  get log(): string {
    return this.#log;
  }

  /** Resolves when `url` answers 200, within a minute. */
  async untilReady(url: string): Promise<void> {
    const deadline = performance.now() + READY_TIMEOUT_MILLIS;
    for (;;) {
      const response = await fetch(url).catch(() => undefined);
      await response?.body?.cancel();
      if (response?.status === 200) return;
      const ended = this.#child.exitCode !== null || this.#child.signalCode !== null;
      if (ended || performance.now() > deadline) throw new Error(`${url} is not ready; the log:\n${this.#log}`);
      await pause(POLL_INTERVAL_MILLIS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
    process.off('exit', this.#killAtExit);
  }
}
