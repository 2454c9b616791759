import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { kill } from '../end-process.ts';
import { inTime } from '../in-time.ts';

const SOURCE = new URL('flood.c', import.meta.url).pathname;

export interface FloodOptions {
  /** Threads for each listener. */
  readonly acceptors?: number;
  readonly clients?: number;
  readonly listeners?: number;
  /** What an acceptor sleeps before each accept. */
  readonly sleepMicros?: number;
}

export interface Round {
  readonly connections: number;
  /** How many addresses they come from, and how many they go to. */
  readonly sources?: number;
  readonly locals?: number;
  /** 0, the default: all addresses in turn. */
  readonly seed?: number;
}

/** One connection as its client made it. */
export interface FloodConnection {
  readonly port: number;
  readonly local: string;
  readonly source: string;
}

/** Builds flood.c into a folder of its own; `remove` removes it. */
export function buildFlood(): { readonly program: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'tcpaccept-flood-'));
  const program = join(folder, 'flood');
  execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-Werror', '-pthread', SOURCE, '-o', program]);
  return { program, remove: () => rmSync(folder, { recursive: true }) };
}

/** A flood.c of its own process, which documents what it does; killed when disposed of. */
export class Flood {
  readonly ports: readonly number[];
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  static async start(program: string, options: FloodOptions = {}): Promise<Flood> {
    const { acceptors = 2, clients = 2, listeners = 1, sleepMicros = 0 } = options;
    const child = spawn(program, [acceptors, clients, listeners, sleepMicros].map(String), {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const { value } = await inTime(lines.next(), 'the flood said its ports');
    return new Flood(child, lines, `${value}`.split(' ').map(Number));
  }

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, ports: readonly number[]) {
    this.#child = child;
    this.#lines = lines;
    this.ports = ports;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when all of the round are accepted. */
  async run({ connections, sources = 1, locals = 1, seed = 0 }: Round): Promise<void> {
    this.#child.stdin?.write(`${connections} ${sources} ${locals} ${seed}\n`);
    const { value } = await inTime(this.#lines.next(), `a flood of ${connections} connections was over`);
    if (value !== 'done') throw new Error(`the flood says ${JSON.stringify(value)} instead of done`);
  }

  /** Every connection it made; ends it. */
  end(): Promise<FloodConnection[]> {
    this.#child.stdin?.end();
    return inTime(this.#rest(), 'the flood said all it made');
  }

  async #rest(): Promise<FloodConnection[]> {
    const made: FloodConnection[] = [];
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) return made;
      const [port, local = '', source = ''] = value.split(' ');
      made.push({ port: Number(port), local, source });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await kill(this.#child);
  }
}
