import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PATIENCE_MILLIS } from '../in-time.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = `${ROOT}build/workload/workload`;

/** The four facts that name a connection, from the server's side. */
export interface Ends {
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly localAddress: string;
  readonly localPort: number;
}

/** What the acceptor itself knows of an accept. */
export interface Accepted extends Ends {
  readonly socketFamily: 'inet' | 'inet6';
  readonly pid: number;
  /** 0: a thread of the kernel's choice. */
  readonly tid: number;
  readonly namespacePid: number;
  readonly networkNamespace: number;
  readonly mountNamespace: number;
  readonly method: 'syscall' | 'io_uring';
  readonly queueLimit: number;
  /** '0' where the acceptor could not ask. */
  readonly socketCookie: string;
  readonly bits: 32 | 64;
  /** Where the case is about the queue. */
  readonly waited?: Waited;
}

/** What its own side knows of a connection's time in the accept queue. */
export interface Waited {
  readonly leastNs: string;
  readonly mostNs: string;
  /** Connections that were still there. */
  readonly left: number;
  /** Whether tracing had begun when it came there: else its duration is unknown. */
  readonly wasTraced: boolean;
}

/** What one case did, in its own words. */
export interface Truth {
  readonly connected: readonly Ends[];
  readonly accepted: readonly Accepted[];
}

type Line = { readonly did: 'ready' } | ({ readonly did: 'connected' | 'accepted' } & Accepted);

/** Builds the program where it is older than its sources. */
export function buildWorkload(): void {
  execFileSync('make', ['-s', 'workload'], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** One case: started, its acceptors wait; `run` makes the connections and ends it. */
export class Workload {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #lines: Line[] = [];
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended: Promise<unknown>;

  private constructor(name: string) {
    this.name = name;
    this.#child = spawn(PROGRAM, [name], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#ended = once(this.#child, 'close');
    if (!this.#child.stdout) throw new Error('the workload has no stdout');
    createInterface(this.#child.stdout).on('line', (text) => {
      const line: Line = JSON.parse(text);
      this.#lines.push(line);
      if (line.did === 'ready') this.#ready.resolve();
    });
    this.#child.on('exit', (code) => this.#ready.reject(new Error(`workload ${name} ended with ${code} unready`)));
    setTimeout(() => this.#ready.reject(new Error(`workload ${name} is not ready`)), PATIENCE_MILLIS).unref();
  }

  static async start(name: string): Promise<Workload> {
    const workload = new Workload(name);
    await workload.#ready.promise;
    return workload;
  }

  async run(): Promise<Truth> {
    this.#child.stdin?.end('go');
    if (!(await Promise.race([this.#ended, pause(PATIENCE_MILLIS, false, { ref: false })]))) {
      throw new Error(`workload ${this.name} is not done; it said ${JSON.stringify(this.#lines)}`);
    }
    if (this.#child.exitCode !== 0) throw new Error(`workload ${this.name} ended with ${this.#child.exitCode}`);
    const of = (did: Line['did']) => this.#lines.filter((line): line is Line & Accepted => line.did === did);
    return { connected: of('connected'), accepted: of('accepted') };
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL');
  }
}
