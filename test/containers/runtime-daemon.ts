import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const READY_MILLIS = 60_000;
const STOP_MILLIS = 20_000;
const POLL_MILLIS = 50;

export const run = promisify(execFile);

/** Why no runtime can be started here; false: it can, or it is promised (CI) and trying has to fail. */
export function whyNoRuntime(): string | false {
  if (process.env['CI'] === 'true') return false;
  return process.getuid?.() !== 0 && 'a container runtime needs root';
}

/** A container runtime's daemon, with all it keeps in a folder of its own. */
export class RuntimeDaemon {
  readonly folder = mkdtempSync(join(tmpdir(), 'otel-tcpaccept-runtime-'));
  readonly socketPath = join(this.folder, 'api.sock');
  #child: ChildProcess | undefined;
  #stderr = '';

  /** Starts, also again, and resolves once `isReady` no longer throws. */
  async start(program: string, args: readonly string[], isReady: () => Promise<unknown>): Promise<void> {
    mkdirSync(this.folder, { recursive: true });
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    await once(child, 'spawn');
    const deadline = performance.now() + READY_MILLIS;
    for (;;) {
      try {
        await isReady();
        return;
      } catch (error) {
        const hasEnded = child.exitCode !== null || child.signalCode !== null;
        if (hasEnded || performance.now() > deadline) {
          throw new Error(`${program} is not ready: ${error}\n${this.#stderr.slice(-4000)}`);
        }
        await pause(POLL_MILLIS);
      }
    }
  }

  /** Containers may go on without it. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    if ((await Promise.race([exited, pause(STOP_MILLIS, 'late', { ref: false })])) === 'late') child.kill('SIGKILL');
    await exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    for (const path of mountsBelow(this.folder)) await run('umount', ['--lazy', path]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The innermost first. */
function mountsBelow(folder: string): string[] {
  const points = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  return points.filter((point) => point.startsWith(`${folder}/`)).reverse();
}
