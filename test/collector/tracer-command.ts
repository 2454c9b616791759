import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { LedgerCounts } from '../../src/ledger.ts';
import { EVENTS } from '../../src/record/events.ts';
import { ended } from '../end-process.ts';
import { PATIENCE_MILLIS } from '../in-time.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NODE = fileURLToPath(new URL('../../build/node', import.meta.url));
/** From source, so that what is tested is what is in the tree. */
export const COMMAND = [NODE, fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))] as const;
/** What guests of test/vm want every Node.js to load, and test/run.ts's cache of sources, are meant for this one, too. */
const { PATH, NODE_OPTIONS, NODE_COMPILE_CACHE } = process.env;
const NODE_ENVIRONMENT = { PATH, NODE_OPTIONS, NODE_COMPILE_CACHE };
const TRACING = 'otel-tcpaccept: tracing ';
const POLL_INTERVAL_MILLIS = 5;

export interface CommandOptions {
  /** Its whole environment beside NODE_ENVIRONMENT and a spool of its own, which is removed when it has ended. */
  readonly env?: Readonly<Record<string, string>>;
  /** What runs; default node and the command's source. */
  readonly command?: readonly [string, ...string[]];
  /** Whether it leads a process group of its own, which is signalled and killed as a whole; default false. */
  readonly detached?: boolean;
  /** `false`: nobody reads its stdout until `readStdout`. */
  readonly reads?: boolean;
}

/** How a command ended. */
export interface Ended {
  /** 128 and the signal's number are not added: a command that a signal ended has `signal`. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Since the signal that was to end it, else since its start. */
  readonly millis: number;
}

/** The command as a user runs it, in a process of its own; killed when disposed of. */
export class TracerCommand {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #isGroup: boolean;
  readonly #spool = mkdtempSync(join(tmpdir(), 'otel-tcpaccept-spool-'));
  #since = performance.now();
  #stdout = '';
  #stdoutLines = 0;
  #stderr = '';

  constructor(args: readonly string[], options: CommandOptions = {}) {
    const { command: [program, ...before] = COMMAND, env, detached = false, reads = true } = options;
    this.#child = spawn(program, [...before, ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...NODE_ENVIRONMENT, TCPACCEPT_SPOOL_DIR: this.#spool, ...env },
      detached,
    });
    this.#closed = once(this.#child, 'close');
    this.#child.once('exit', () => rmSync(this.#spool, { recursive: true, force: true }));
    this.#isGroup = detached;
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    if (reads) this.readStdout();
  }

  /** Starts, and resolves once it says that it traces. */
  static async tracing(args: readonly string[], options: CommandOptions = {}): Promise<TracerCommand> {
    const tracer = new TracerCommand(args, options);
    try {
      await tracer.until(() => tracer.stderr.includes(TRACING), 'it traces');
      return tracer;
    } catch (error) {
      await tracer[Symbol.asyncDispose]();
      throw error;
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** The whole lines of stdout. */
  get lines(): string[] {
    return this.#stdout.split('\n').slice(0, -1);
  }

  /** The whole lines of an ndjson output, the ledgers it has between and after its rows left out. */
  get rows(): Record<string, unknown>[] {
    return this.lines.map((line) => JSON.parse(line)).filter((object) => !('tcpaccept.ledger' in object));
  }

  /** The accepts of an ndjson output; what the host lost of others' accepts is left out. */
  get accepts(): Record<string, unknown>[] {
    return this.rows.filter((row) => row['event_name'] === EVENTS.accepted.name);
  }

  /** The ledgers of an ndjson output. */
  get ledgers(): LedgerCounts[] {
    return this.lines.map((line) => JSON.parse(line)['tcpaccept.ledger']).filter((ledger) => ledger !== undefined);
  }

  readStdout(): void {
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#stdoutLines += text.split('\n').length - 1;
    });
  }

  /** From now on nobody reads its stdout, until `resumeStdout`. */
  pauseStdout(): void {
    if (this.#child.stdout instanceof Readable) this.#child.stdout.pause();
  }

  resumeStdout(): void {
    if (this.#child.stdout instanceof Readable) this.#child.stdout.resume();
  }

  /** Leaves, as `head` does: whatever is written to stdout from now on fails with EPIPE. */
  closeStdout(): void {
    if (this.#child.stdout instanceof Readable) this.#child.stdout.destroy();
  }

  closeStderr(): void {
    if (this.#child.stderr instanceof Readable) this.#child.stderr.destroy();
  }

  /** Waits for a condition on what it printed; fails when it ends before, or when it takes too long. */
  async until(condition: () => boolean, what: string): Promise<void> {
    const deadline = performance.now() + PATIENCE_MILLIS;
    for (;;) {
      const hasEnded = this.#child.exitCode !== null || this.#child.signalCode !== null;
      if (condition()) return;
      if (hasEnded || performance.now() > deadline) {
        const why = hasEnded ? 'it ended' : 'that did not happen';
        throw new Error(`Waited until ${what}, but ${why}; stderr:\n${this.#stderr}stdout:\n${this.#stdout}`);
      }
      await delay(POLL_INTERVAL_MILLIS);
    }
  }

  /** Waits until it has printed that many lines. */
  untilLines(count: number): Promise<void> {
    return this.until(() => this.#stdoutLines >= count, `${count} lines are printed`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#since = performance.now();
    this.#kill(signal);
  }

  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<Ended> {
    this.signal('SIGTERM');
    return this.ended();
  }

  /** Waits for the end; fails when it takes too long. */
  async ended(): Promise<Ended> {
    const late = await Promise.race([this.#closed, delay(PATIENCE_MILLIS, 'late', { ref: false })]);
    if (late === 'late') throw new Error(`It has not ended; stderr:\n${this.#stderr}`);
    const millis = performance.now() - this.#since;
    const { exitCode: code, signalCode: signal } = this.#child;
    return { code, signal, stdout: this.#stdout, stderr: this.#stderr, millis };
  }

  #kill(signal: NodeJS.Signals): void {
    if (this.#isGroup) process.kill(-this.pid, signal);
    else this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#kill('SIGKILL');
    await ended(this.#child);
  }
}

/** Runs the command to its end. */
export async function runCommand(args: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  await using command = new TracerCommand(args, options);
  return await command.ended();
}
