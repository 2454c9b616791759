import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePorts } from '../../test/collector/free-ports.ts';

const FETCH = fileURLToPath(new URL('fetch.sh', import.meta.url));
const READY_MILLIS = 10_000;
const CONNECTIONS = 16;

/** What wrk saw of one interval. */
export interface Load {
  readonly requestsPerSecond: number;
  readonly p99Micros: number;
  readonly errors: number;
}

/** Debian's nginx, one worker on the last CPU, in the foreground, and wrk on the first. */
export class Nginx {
  readonly port: number;
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
    this.#child = spawn(join(packages, 'usr/sbin/nginx'), args, { stdio: 'inherit', env: this.#env });
  }

  /** Resolves when it answers. */
  static async start(): Promise<Nginx> {
    const packages = execFileSync(FETCH, { encoding: 'utf8' }).trim();
    const [port = 0] = await freePorts(1);
    const nginx = new Nginx(port, packages);
    const deadline = performance.now() + READY_MILLIS;
    while (!(await answers(port))) {
      if (performance.now() > deadline || nginx.#child.exitCode !== null) throw new Error('nginx does not answer');
      await pause(50);
    }
    return nginx;
  }

  /** Every request on a connection of its own. */
  async load(seconds: number): Promise<Load> {
    const wrk = join(this.#packages, 'usr/bin/wrk');
    const script = fileURLToPath(new URL('load.lua', import.meta.url));
    const options = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-H', 'Connection: close', '-s', script];
    const args = ['-c', '0', wrk, ...options, `http://127.0.0.1:${this.port}/`];
    const { stdout } = await promisify(execFile)('taskset', args, { env: this.#env });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
    rmSync(this.#folder, { recursive: true });
  }

  get #env(): NodeJS.ProcessEnv {
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
  server { listen 127.0.0.1:${port} backlog=4096; location / { return 200 "ok\\n"; } }
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
