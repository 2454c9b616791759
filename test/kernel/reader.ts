import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { KernelCounts } from '../../src/kernel/accept-tracer.ts';
import type { TracerSettings } from '../../src/kernel/open-session.ts';
import { inTime } from '../in-time.ts';
import type { BpfObjects } from './bpf-objects.ts';

const PROGRAM = new URL('pinned-reader.ts', import.meta.url).pathname;

/** What a reader wrote of one record. */
export interface ReadRecord {
  readonly uid: string;
  readonly peerPort: number;
  readonly cpu: number;
  readonly sequence: number;
}

/** A pinned-reader.ts in a process of its own, or another program that is told and says the same. */
export class Reader {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #stdout = '';
  #stderr = '';

  constructor(settings: Partial<TracerSettings>, file: string, program = PROGRAM) {
    this.#child = spawn(process.execPath, [program, JSON.stringify(settings), file]);
    this.#exited = once(this.#child, 'close');
    this.#child.stdout?.on('data', (text) => {
      this.#stdout += text;
    });
    this.#child.stderr?.on('data', (text) => {
      this.#stderr += text;
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The programs and links of the one that pinned them; of one that found them, none. */
  ready(): Promise<BpfObjects> {
    return inTime(this.#ready(), 'the reader was ready', () => this.#said());
  }

  async #ready(): Promise<BpfObjects> {
    for (;;) {
      const [, objects] = /^ready (.*)$/m.exec(this.#stdout) ?? [];
      if (objects) return JSON.parse(objects);
      const some = once(this.#child.stdout ?? this.#child, 'data');
      const end = await Promise.race([some, this.#exited.then(() => 'ended')]);
      if (end === 'ended') throw new Error(`the reader ended. ${this.#said()}`);
    }
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** Its last counts. */
  async stop(): Promise<KernelCounts> {
    this.#child.kill('SIGTERM');
    await inTime(this.#exited, 'the reader ended', () => this.#said());
    const last = this.#stdout.trimEnd().split('\n').at(-1) ?? '';
    if (this.#child.exitCode !== 0) throw new Error(`the reader ended with ${this.#child.exitCode}. ${this.#said()}`);
    return JSON.parse(last);
  }

  #said(): string {
    return `Its stdout:\n${this.#stdout}stderr:\n${this.#stderr}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** Whole lines: the last one of a reader that was killed may be a part. */
export function recordsRead(file: string): ReadRecord[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.split(' ').length === 4)
    .map((line) => {
      const [uid = '', peerPort, cpu, sequence] = line.split(' ');
      return { uid, peerPort: Number(peerPort), cpu: Number(cpu), sequence: Number(sequence) };
    });
}
