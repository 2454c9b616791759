import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { kill } from '../../test/end-process.ts';

/** bcc compiles its program first: a minute in a guest. */
const READY_MILLIS = 300_000;
const PAUSE_MILLIS = 500;

/** How a tool is called, and which of its lines show an accept. */
export interface OtherTool {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** What such a line begins with; default: anything. */
  readonly accept?: RegExp;
}

/** Where connections to be shown come from. */
export interface Accepting {
  readonly port: number;
  /** Makes some. */
  connect(): Promise<unknown>;
}

/** Another tool, whose table goes into a file nobody reads meanwhile. */
export class OtherTracer {
  readonly #folder = mkdtempSync(join(tmpdir(), 'otel-tcpaccept-bench-'));
  readonly #file = join(this.#folder, 'table');
  readonly #tool: OtherTool;
  readonly #child: ChildProcess;

  private constructor(tool: OtherTool) {
    this.#tool = tool;
    const [command, ...args] = tool.command;
    const file = openSync(this.#file, 'w');
    this.#child = spawn(command, args, { stdio: ['ignore', file, 'inherit'] });
    closeSync(file);
  }

  /** Resolves when it shows the server's accepts. */
  static async start(tool: OtherTool, server: Accepting): Promise<OtherTracer> {
    const tracer = new OtherTracer(tool);
    const deadline = performance.now() + READY_MILLIS;
    while (tracer.rows(server.port) === 0) {
      if (tracer.#child.exitCode !== null) throw new Error(`${tool.name} ended with ${tracer.#child.exitCode}`);
      if (performance.now() > deadline) throw new Error(`${tool.name} shows no connection`);
      await server.connect();
      await pause(PAUSE_MILLIS);
    }
    return tracer;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it has shown of one listener. */
  rows(port: number): number {
    const { accept = /^/ } = this.#tool;
    const ofPort = new RegExp(`\\s${port}(\\s|$)`);
    return readFileSync(this.#file, 'utf8')
      .split('\n')
      .filter((line) => accept.test(line) && ofPort.test(line)).length;
  }

  /** Resolves when it shows no more of the listener for a while. */
  async untilQuiet(port: number, quietMillis = 3000): Promise<number> {
    for (let rows = this.rows(port); ; ) {
      await pause(quietMillis);
      const now = this.rows(port);
      if (now === rows) return now;
      rows = now;
    }
  }

  /** Killed, since bpftrace 0.17 does not always end on SIGINT (test/vm/oracle.ts). */
  async end(): Promise<void> {
    await kill(this.#child);
    rmSync(this.#folder, { recursive: true });
  }
}
