import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { kill } from '../end-process.ts';
import { BpftraceRows } from './bpftrace-rows.ts';
import { LineRows } from './line-rows.ts';

/** bcc compiles its program first: a minute in a guest. */
const READY_MILLIS = 240_000;
const SEEN_MILLIS = 20_000;
const CLOSED_MILLIS = 5_000;
const PAUSE_MILLIS = 100;
/** One connection may be read before those that another CPU made earlier. */
const MARKERS = 4;

/** What the two tracers' tables share: process, the first 12 characters of its name, and both ends. */
export type OracleRow = string;

interface Tool {
  readonly command: readonly [string, ...string[]];
  readonly Rows: new () => { push(text: string): string[][] };
  /** The fields of a printed row that make one here. */
  readonly columns: readonly number[];
}

/** tcpaccept(8): PID COMM IP RADDR RPORT LADDR LPORT. tcpaccept.bt: TIME PID COMM RADDR RPORT LADDR LPORT BL. */
export const TOOLS = {
  bcc: { command: ['python3', '-u', '/usr/sbin/tcpaccept-bpfcc'], Rows: LineRows, columns: [0, 1, 3, 4, 5, 6] },
  bpftrace: { command: ['bpftrace', '/usr/sbin/tcpaccept.bt'], Rows: BpftraceRows, columns: [1, 2, 3, 4, 5, 6] },
} as const satisfies Record<string, Tool>;
export type ToolName = keyof typeof TOOLS;

/** A row from the fields of a printed one. */
export function oracleRow(fields: readonly string[], columns: readonly number[]): OracleRow {
  const [pid, comm = '', ...ends] = columns.map((column) => fields[column] ?? '');
  return [pid, comm.slice(0, 12), ...ends].join(' ');
}

/** Another tracer on the same traffic. */
export class Oracle {
  readonly rows: OracleRow[] = [];
  readonly #child: ChildProcess;
  readonly #name: ToolName;

  private constructor(name: ToolName) {
    this.#name = name;
    const [command, ...args] = TOOLS[name].command;
    this.#child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    if (!this.#child.stdout) throw new Error(`${name} has no stdout`);
    const printed = new TOOLS[name].Rows();
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      for (const fields of printed.push(text)) this.rows.push(oracleRow(fields, TOOLS[name].columns));
    });
  }

  /** Resolves when it shows connections. */
  static async start(name: ToolName): Promise<Oracle> {
    const oracle = new Oracle(name);
    await oracle.#untilShown(READY_MILLIS);
    return oracle;
  }

  /**
   * Resolves when all that was accepted before is in `rows`. Killed then: bpftrace 0.17 does not always end on SIGINT, as
   * seen in a guest of 6.12.
   */
  async end(): Promise<void> {
    for (let i = 0; i < MARKERS; i++) await this.#untilShown(SEEN_MILLIS);
    await kill(this.#child);
  }

  async #untilShown(withinMillis: number): Promise<void> {
    for (const host of ['127.0.0.1', '::1']) {
      const server = createServer((socket) => socket.destroy());
      await once(server.listen(0, host), 'listening');
      const deadline = performance.now() + withinMillis;
      const { port } = server.address() as AddressInfo;
      while (!this.rows.some((row) => row.endsWith(` ${port}`))) {
        const end = this.#child.exitCode ?? this.#child.signalCode;
        if (end !== null) throw new Error(`${this.#name} ended with ${end}`);
        if (performance.now() > deadline) {
          throw new Error(
            `${this.#name} shows no connection to ${port}; its last rows:\n${this.rows.slice(-5).join('\n')}`,
          );
        }
        await connectOnce(server, host);
        await pause(PAUSE_MILLIS);
      }
      server.close();
    }
  }
}

/** One that nobody accepts in time is given up: the next may be shown. */
async function connectOnce(server: Server, host: string): Promise<void> {
  const client = connect((server.address() as AddressInfo).port, host).resume();
  await Promise.race([once(client, 'close'), pause(CLOSED_MILLIS)]);
  client.destroy();
}
