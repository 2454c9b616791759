import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { kill } from '../end-process.ts';
import { PATIENCE_MILLIS } from '../in-time.ts';

const PROGRAM = new URL('connector.py', import.meta.url).pathname;
const LOAD_CHUNK = 1000;
const LARGEST_ANSWER_BYTES = 64 * 1024 ** 2;

export type Target = readonly [address: string, port: number];

/** One connection as its client knows it; ends are named as the accepting side names them. */
export interface Connected {
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** Wall clock before connect(2) and once it was over, nanoseconds. */
  readonly before: string;
  readonly after: string;
}

/**
 * Makes `count` connections to the targets in turn; `awaits`: each until it is accepted, else as fast as one client can,
 * or at most `perSecond`.
 * `through` is a program and its first arguments that end by running the client in their place, such as `nsenter`.
 */
export async function connect(
  targets: readonly Target[],
  count: number,
  {
    awaits,
    perSecond,
    through = [],
  }: { readonly awaits: boolean; readonly perSecond?: number; readonly through?: readonly string[] },
): Promise<Connected[]> {
  const request = JSON.stringify({ targets, count, awaits, perSecond });
  const limits = { timeout: PATIENCE_MILLIS, maxBuffer: LARGEST_ANSWER_BYTES };
  const [program, ...args] = [...through, 'python3', PROGRAM, request];
  try {
    return JSON.parse((await promisify(execFile)(program ?? 'python3', args, limits)).stdout);
  } catch (error) {
    const late = error instanceof Error && 'killed' in error && error.killed;
    throw late
      ? new Error(`${count} connections were not made in ${PATIENCE_MILLIS / 1000} s`, { cause: error })
      : error;
  }
}

/** Connections one after another from now on, each accepted before the next, until `end`. */
export class Load {
  readonly #made: Connected[] = [];
  readonly #making: Promise<void>;
  #isOver = false;

  constructor(targets: readonly Target[]) {
    this.#making = this.#make(targets);
    this.#making.catch(() => {}); // said by end()
  }

  /** All that were made. */
  async end(): Promise<readonly Connected[]> {
    this.#isOver = true;
    await this.#making;
    return this.#made;
  }

  async #make(targets: readonly Target[]): Promise<void> {
    while (!this.#isOver) this.#made.push(...(await connect(targets, LOAD_CHUNK, { awaits: true })));
  }
}

/** Connections without end, until it is disposed of. */
export class Traffic {
  readonly #child: ChildProcess;

  constructor(targets: readonly Target[]) {
    const request = JSON.stringify({ targets, count: null, awaits: true });
    this.#child = spawn('python3', [PROGRAM, request], { stdio: ['ignore', 'ignore', 'inherit'] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await kill(this.#child);
  }
}
