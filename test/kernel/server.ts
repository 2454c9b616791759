import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers';
import { kill } from '../end-process.ts';
import { PATIENCE_MILLIS } from '../in-time.ts';

const PROGRAM = new URL('server.py', import.meta.url).pathname;

/** Readings of the kernel's clocks, nanoseconds as text. */
export interface Clocks {
  readonly boot: string;
  readonly monotonic: string;
  readonly unix: string;
}

/** What the server knows of one accept: `before` and `after` were read around the system call. */
export interface AcceptFacts {
  readonly descriptor: number;
  readonly tid: number;
  readonly cookie: string;
  /** Smoothed, as TCP_INFO says. */
  readonly rttUs: number;
  readonly before: Clocks;
  readonly after: Clocks;
}

/** What a series of accept calls came to: `failed` has errno names. */
export interface AcceptOutcome {
  readonly accepted: readonly AcceptFacts[];
  readonly failed: readonly string[];
}

export interface ServerFacts {
  /** In the pid namespace of /proc, which is the host's. */
  readonly pid: number;
  /** As the server itself sees it. */
  readonly ownPid: number;
  readonly userId: number;
  readonly namespaces: Readonly<Record<'net' | 'mnt' | 'pid', number>>;
  readonly now: Clocks;
}

export interface Listener {
  readonly listener: number;
  readonly port: number;
}

interface Pending<T> {
  /** The thread the command runs in, once it is about to. */
  readonly began: Promise<number>;
  readonly done: Promise<T>;
}

interface Answer {
  readonly id: number;
  readonly tid?: number;
  readonly error?: string;
}

/** A server.py of its own process; commands and arguments are documented there. Killed when disposed of. */
export class Server {
  readonly #child: ChildProcess;
  readonly #heard = new Map<number, (answer: Answer) => void>();
  #commands = 0;
  #facts: ServerFacts | undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
    if (!child.stdout) throw new Error('the server has no stdout');
    createInterface(child.stdout).on('line', (line) => {
      const answer: Answer = JSON.parse(line);
      this.#heard.get(answer.id)?.(answer);
    });
  }

  /** `wrapper` is a command that runs the server, for instance `unshare --net`. Its environment is bare. */
  static async start(...wrapper: readonly string[]): Promise<Server> {
    const [command = 'python3', ...args] = [...wrapper, 'python3', PROGRAM];
    const environment = { PATH: process.env['PATH'] };
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env: environment });
    const server = new Server(child);
    server.#facts = await server.run<ServerFacts>('describe');
    return server;
  }

  get facts(): ServerFacts {
    if (!this.#facts) throw new Error('the server has not started');
    return this.#facts;
  }

  get pid(): number {
    return this.facts.pid;
  }

  run<T = object>(name: string, args: object = {}): Promise<T> {
    return this.begin<T>(name, args).done;
  }

  listen(family: 'inet' | 'inet6', address: string, options: object = {}): Promise<Listener> {
    return this.run('listen', { family, address, ...options });
  }

  accept(listener: Listener, options: object = {}): Promise<AcceptOutcome> {
    return this.run('accept', { listener: listener.listener, ...options });
  }

  /** CLOCK_MONOTONIC once so many wait to be accepted. */
  async queued({ listener }: Listener, count: number): Promise<bigint> {
    const { now } = await this.run<Pick<ServerFacts, 'now'>>('await_queued', { listener, count });
    return BigInt(now.monotonic);
  }

  begin<T = object>(name: string, args: object): Pending<T> {
    const id = this.#commands++;
    const began = Promise.withResolvers<number>();
    const done = Promise.withResolvers<T>();
    const deadline = setTimeout(() => done.reject(new Error(this.#silence(name))), PATIENCE_MILLIS).unref();
    this.#heard.set(id, (answer) => {
      if (answer.tid !== undefined) return began.resolve(answer.tid);
      clearTimeout(deadline);
      this.#heard.delete(id);
      if (answer.error === undefined) done.resolve(answer as T);
      else done.reject(new Error(answer.error));
    });
    this.#child.stdin?.write(`${JSON.stringify({ id, do: name, ...args })}\n`);
    return { began: began.promise, done: done.promise };
  }

  #silence(name: string): string {
    const end = this.#child.exitCode ?? this.#child.signalCode;
    const state = end === null ? `runs, and its sockets are\n${this.#sockets()}` : `ended with ${end}`;
    return `${name} was not answered within ${PATIENCE_MILLIS / 1000} s; the server ${state}`;
  }

  /** A client may believe to be connected where no listener has the connection: seen once of a guest of 6.1. */
  #sockets(): string {
    return ['tcp', 'tcp6'].map((name) => readFileSync(`/proc/${this.#child.pid}/net/${name}`, 'utf8')).join('');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await kill(this.#child);
  }
}
