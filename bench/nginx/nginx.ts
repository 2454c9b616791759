import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePorts } from '../../test/collector/free-ports.ts';
import { kill } from '../../test/end-process.ts';

const FETCH = fileURLToPath(new URL('fetch.sh', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PACED_CLIENT = `${ROOT}build/bench/paced-client`;
const READY_MILLIS = 10_000;
const CONNECTIONS = 16;
/** Longer than any bench. */
const LONG_SECONDS = 3600;
const STATUS = '/status';

/** What a client saw of one interval. */
export interface Load {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  readonly errors: number;
  /** CPU of the client for all of it. */
  readonly clientMicros: number;
}

/** Builds the client that keeps to a rate; a guest runs what its host has built. */
export function buildPacedClient(): void {
  const target = relative(ROOT, PACED_CLIENT);
  execFileSync('make', ['--no-print-directory', '-s', target], { cwd: ROOT, stdio: 'inherit' });
}

/** The folder with Debian's packages, fetched first when it is not there. */
export function benchPackages(): string {
  return execFileSync(FETCH, { encoding: 'utf8' }).trim();
}

/** Debian's nginx, one worker on the last CPU, in the foreground, and its clients on the first. */
export class Nginx {
  readonly port: number;
  /** Answered so far. */
  requests = 0;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #packages: string;

  private constructor(port: number, packages: string) {
    this.port = port;
    this.#packages = packages;
    this.#folder = mkdtempSync(join(tmpdir(), 'otel-tcpaccept-nginx-'));
    const file = join(this.#folder, 'nginx.conf');
    writeFileSync(file, configuration(port, this.#folder));
    const args = ['-c', file, '-p', this.#folder, '-e', join(this.#folder, 'error.log')];
    this.#child = spawn(this.program('nginx'), args, { stdio: 'inherit', env: this.environment });
  }

  /** Resolves when it answers. */
  static async start(packages = benchPackages()): Promise<Nginx> {
    const [port = 0] = await freePorts(1);
    const nginx = new Nginx(port, packages);
    const deadline = performance.now() + READY_MILLIS;
    while (!(await answers(port))) {
      if (performance.now() > deadline || nginx.#child.exitCode !== null) throw new Error('nginx does not answer');
      await pause(50);
    }
    return nginx;
  }

  /** Of the process that answers. */
  get workerPid(): number {
    const { pid } = this.#child;
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
  }

  /** As many requests as it answers, by wrk: every request on a connection of its own. */
  async load(seconds: number): Promise<Load> {
    return this.#count('taskset', this.#wrk(seconds));
  }

  /** The same, until what is returned is disposed of. */
  keepLoaded(): AsyncDisposable & { readonly pid: number } {
    const client = spawn('taskset', this.#wrk(LONG_SECONDS), { stdio: 'ignore', env: this.environment });
    return {
      // taskset becomes wrk.
      pid: client.pid ?? 0,
      async [Symbol.asyncDispose]() {
        await kill(client, 'SIGTERM');
      },
    };
  }

  /** How many requests it has answered, whoever asked, by its own account; asking is one more. */
  async answered(): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    get({ port: this.port, path: STATUS, agent: false, host: '127.0.0.1' }, resolve).on('error', reject);
    const status = await text(await promise);
    return Number(/requests\s+\d+ \d+ (\d+)/.exec(status)?.[1]);
  }

  #wrk(seconds: number): string[] {
    const script = fileURLToPath(new URL('load.lua', import.meta.url));
    const options = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-H', 'Connection: close', '-s', script];
    return ['-c', '0', this.program('wrk'), ...options, `http://127.0.0.1:${this.port}/`];
  }

  /** So many requests a second, each on a connection of its own; what one takes is counted from when it was due. */
  async paced(requestsPerSecond: number, millis: number): Promise<Load> {
    const load = await this.#count(PACED_CLIENT, ['0', this.port, requestsPerSecond, millis].map(String));
    return { ...load, requestsPerSecond };
  }

  async #count(program: string, args: readonly string[]): Promise<Load> {
    const { stdout } = await promisify(execFile)(program, args, { env: this.environment });
    const load: Load = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    this.requests += load.requests;
    return load;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await kill(this.#child, 'SIGTERM');
    rmSync(this.#folder, { recursive: true });
  }

  /** The path of one of the packages' programs, which needs `environment`. */
  program(name: string): string {
    return join(this.#packages, ['nginx', 'tcptracer'].includes(name) ? 'usr/sbin' : 'usr/bin', name);
  }

  get environment(): NodeJS.ProcessEnv {
    const machine = process.arch === 'x64' ? 'x86_64' : 'aarch64';
    return { PATH: process.env['PATH'], LD_LIBRARY_PATH: join(this.#packages, `usr/lib/${machine}-linux-gnu`) };
  }
}

function configuration(port: number, folder: string): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const lastCpu = `1${'0'.repeat(cpus().length - 1)}`;
  return `
daemon off;
worker_processes 1;
worker_cpu_affinity ${lastCpu};
pid ${folder}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  ${paths.join('\n  ')}
  server { listen 127.0.0.1:${port} backlog=4096; location / { return 200 "ok\\n"; } location ${STATUS} { stub_status; } }
}
`;
}

async function answers(port: number): Promise<boolean> {
  const client = connect(port, '127.0.0.1');
  try {
    await once(client, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    client.destroy();
  }
}
