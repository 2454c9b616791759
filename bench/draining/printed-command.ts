import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kill } from '../../test/end-process.ts';
import { BUILT } from '../built-command.ts';

/** Lines that arrived together. */
export interface Arrival {
  readonly atUnixMillis: number;
  readonly timestamps: readonly number[];
}

/** The command as it prints ndjson, and when each line came. Killed when disposed of. */
export class PrintedCommand {
  arrivals: Arrival[] = [];
  readonly #child: ChildProcess;
  readonly #spool = mkdtempSync(join(tmpdir(), 'otel-tcpaccept-spool-'));
  readonly #traces: Promise<void>;
  #rest = '';

  private constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    const [node, ...main] = BUILT;
    const { PATH } = process.env;
    this.#child = spawn(node, [...main, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH, TCPACCEPT_SPOOL_DIR: this.#spool, ...env },
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#arrived(text));
    this.#traces = new Promise((resolve, reject) => {
      let said = '';
      this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes('otel-tcpaccept: tracing ')) resolve();
      });
      this.#child.once('exit', (code) => reject(new Error(`the command ended with ${code}: ${said}`)));
    });
  }

  /** Resolves when it traces. */
  static async start(args: readonly string[], env: Readonly<Record<string, string>>): Promise<PrintedCommand> {
    const command = new PrintedCommand(args, env);
    await command.#traces;
    return command;
  }

  get pid(): number {
    return this.#child.pid ?? Number.NaN;
  }

  get lines(): number {
    return this.arrivals.reduce((sum, { timestamps }) => sum + timestamps.length, 0);
  }

  #arrived(text: string): void {
    const atUnixMillis = performance.timeOrigin + performance.now();
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    const timestamps = lines.map((line) => unixMillis(JSON.parse(line).timestamp));
    if (timestamps.length > 0) this.arrivals.push({ atUnixMillis, timestamps });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await kill(this.#child);
    rmSync(this.#spool, { recursive: true, force: true });
  }
}

/** Of a time with nanoseconds, which `Date` cuts to milliseconds. */
function unixMillis(rfc3339: string): number {
  const [, fraction = ''] = /\.(\d+)/.exec(rfc3339) ?? [];
  const seconds = Date.parse(rfc3339.replace(/\.\d+/, '')) / 1000;
  return (seconds + Number(`0.${fraction}0`)) * 1000;
}
