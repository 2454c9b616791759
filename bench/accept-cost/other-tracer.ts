import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { TOOLS, type ToolName } from '../../test/vm/oracle.ts';
import type { TimedServer } from './timed-server.ts';

/** bcc compiles its program first: a minute in a guest. */
const READY_MILLIS = 300_000;
const PAUSE_MILLIS = 500;

/** bcc's or bpftrace's tcpaccept, whose table goes into a file nobody reads meanwhile. */
export class OtherTracer {
  readonly #folder = mkdtempSync(join(tmpdir(), 'otel-tcpaccept-bench-'));
  readonly #file = join(this.#folder, 'table');
  readonly #child: ChildProcess;

  private constructor(name: ToolName) {
    const [command, ...args] = TOOLS[name].command;
    const file = openSync(this.#file, 'w');
    this.#child = spawn(command, args, { stdio: ['ignore', file, 'inherit'] });
    closeSync(file);
  }

  /** Resolves when it shows the server's accepts. */
  static async start(name: ToolName, server: TimedServer): Promise<OtherTracer> {
    const tracer = new OtherTracer(name);
    const deadline = performance.now() + READY_MILLIS;
    while (tracer.rows(server.port) === 0) {
      if (tracer.#child.exitCode !== null) throw new Error(`${name} ended with ${tracer.#child.exitCode}`);
      if (performance.now() > deadline) throw new Error(`${name} shows no connection`);
      await server.time('accept', 1);
      await pause(PAUSE_MILLIS);
    }
    return tracer;
  }

  /** What it has shown of one listener. */
  rows(port: number): number {
    return readFileSync(this.#file, 'utf8').split(new RegExp(`\\s${port}\\s`)).length - 1;
  }

  async end(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGINT');
    await ended;
    rmSync(this.#folder, { recursive: true });
  }
}
