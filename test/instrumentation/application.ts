import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { LedgerCounts } from '../../src/ledger.ts';
import { kill } from '../end-process.ts';
import { inTime, PATIENCE_MILLIS } from '../in-time.ts';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
export const ROOT = path('../../');
export const NODE = path('../../build/node');
/** From source, so that what is tested is what is in the tree. */
export const REGISTER = path('../../src/register.ts');
export const PRINT_RECORDS = path('print-records.ts');
export const PRINT_DIAG = path('print-diag.ts');
export const SDK = path('sdk.ts');
export const SDK_WITH_PLUGIN = path('sdk-with-plugin.ts');
export const HTTP_SERVER = path('http-server.ts');
export const HTTP_SERVER_IN_WORKER = path('http-server-in-worker.ts');
export const PLUGIN_IN_WORKER = path('plugin-in-worker.ts');

export interface ApplicationOptions {
  /** Preloaded, in this order. */
  readonly imports?: readonly string[];
  /** Its whole environment beside PATH. */
  readonly env?: Readonly<Record<string, string>>;
  /** What runs node, for instance `unshare --pid`. */
  readonly wrapper?: readonly string[];
  /** The program with its arguments; default the HTTP server. */
  readonly program?: readonly string[];
  readonly cwd?: string;
}

export interface EndedApplication {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  /** The attributes of each record that `PRINT_RECORDS` printed. */
  readonly records: readonly Readonly<Record<string, unknown>>[];
  /** Printed by `SDK_WITH_PLUGIN`. */
  readonly counts: LedgerCounts | undefined;
}

/** What an application says on stdout, as a line of JSON. */
interface Line {
  readonly port?: number;
  readonly record?: Record<string, unknown>;
  readonly counts?: LedgerCounts;
}

/** A program that is this text, a module; paths in it are relative to this folder. */
export function inlineProgram(text: string): string[] {
  return ['--input-type=module', '--eval', text.replaceAll("'./", `'${new URL('./', import.meta.url)}`)];
}

/** A Node.js application in a process of its own; killed when disposed of. */
export class Application {
  /** Of the wrapper, where there is one. */
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #lines: Line[] = [];
  readonly #heard = Promise.withResolvers<void>();
  #stderr = '';

  constructor({ imports = [], env, wrapper = [], program = [HTTP_SERVER], cwd }: ApplicationOptions) {
    const preloads = imports.flatMap((name) => ['--import', name]);
    const [command = NODE, ...args] = [...wrapper, NODE, ...preloads, ...program];
    this.#child = spawn(command, args, { stdio: 'pipe', env: { PATH: process.env['PATH'], ...env }, cwd });
    this.pid = this.#child.pid ?? 0;
    this.#closed = once(this.#child, 'close');
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    if (!this.#child.stdout) throw new Error('the application has no stdout');
    createInterface(this.#child.stdout).on('line', (line) => {
      this.#lines.push(JSON.parse(line));
      this.#heard.resolve();
    });
  }

  /** Starts it, and resolves once it listens. */
  static async listening(options: ApplicationOptions): Promise<Application> {
    const application = new Application(options);
    const cause = await Promise.race([
      application.#heard.promise,
      application.#closed.then(() => 'it ended'),
      delay(PATIENCE_MILLIS, 'it took too long', { ref: false }),
    ]);
    if (cause === undefined) return application;
    await application[Symbol.asyncDispose]();
    throw new Error(`The application does not listen: ${cause}; its stderr:\n${application.stderr}`);
  }

  get port(): number {
    return this.#lines[0]?.port ?? 0;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** One request over a connection of its own; the port it came from. */
  async request(): Promise<number> {
    const request: ClientRequest = get({ host: '127.0.0.1', port: this.port, agent: false });
    const answered = once(request, 'response');
    const [response]: IncomingMessage[] = await inTime(answered, 'the application answered', () => this.#stderr);
    const port = request.socket?.localPort ?? 0;
    response?.resume();
    return port;
  }

  /** Lets it run out of things to do, and waits for its end; fails when it takes too long. */
  async end(): Promise<EndedApplication> {
    this.#child.stdin?.end();
    const late = await Promise.race([this.#closed, delay(PATIENCE_MILLIS, 'late', { ref: false })]);
    if (late === 'late') throw new Error(`The application has not ended; its stderr:\n${this.#stderr}`);
    const { exitCode: code, signalCode: signal } = this.#child;
    const records = this.#lines.flatMap(({ record }) => (record ? [record] : []));
    const counts = this.#lines.find((line) => line.counts)?.counts;
    return { code, signal, stderr: this.#stderr, records, counts };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await kill(this.#child);
  }
}
