import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ended } from '../../test/end-process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = `${ROOT}build/bench/timed-server`;

/** Builds what `TimedServer` starts; a guest runs what its host has built. */
export function buildTimedServer(): void {
  execFileSync('make', ['--no-print-directory', '-s', PROGRAM.slice(ROOT.length)], { cwd: ROOT, stdio: 'inherit' });
}

/** `peers`: accepts, each from another address; `processes`: accepts, each by a process of its own. */
export type TimedCall = 'accept' | 'peers' | 'processes' | 'getpid';

/** Nanoseconds of one call, over those of one interval. */
export interface CallTime {
  readonly medianNs: number;
  readonly meanNs: number;
  /** The median of a whole connection, made, accepted and reset; of getpid, the call's. */
  readonly wholeNs: number;
}

/** A process on one CPU, by default the last, that times its own calls. */
export class TimedServer {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, port: number) {
    this.#child = child;
    this.#lines = lines;
    this.port = port;
  }

  /** `listeners` have one port and take turns. */
  static async start(cpu = cpus().length - 1, listeners = 1): Promise<TimedServer> {
    const child = spawn(PROGRAM, [`${cpu}`, `${listeners}`], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(child, 'spawn');
    if (!child.stdout) throw new Error('the timed server has no stdout');
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const { value: port } = await lines.next();
    return new TimedServer(child, lines, Number(port));
  }

  /** Rejects when the server ends, which has said why on stderr. */
  async time(call: TimedCall, count: number): Promise<CallTime> {
    this.#child.stdin?.write(`${call} ${count}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the timed server has ended');
    const [medianNs = Number.NaN, meanNs = Number.NaN, wholeNs = Number.NaN] = `${value}`.split(' ').map(Number);
    return { medianNs, meanNs, wholeNs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.end();
    await ended(this.#child);
  }
}
