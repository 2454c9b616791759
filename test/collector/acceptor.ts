import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { kill } from '../end-process.ts';
import { inTime } from '../in-time.ts';

const PROGRAM = new URL('acceptor.py', import.meta.url).pathname;
/** No connection of these tests waits for room in a queue: a client tries again only a second later. */
const BACKLOG = 4096;

export interface Listening {
  readonly family: 'inet' | 'inet6';
  readonly address: string;
}

/** What accept(2) and the accepted socket said; addresses as the socket has them, `before` and `after` around the call. */
export interface AcceptFacts {
  readonly listener: number;
  readonly tid: number;
  readonly threadName: string;
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly cookie: string;
  /** Wall clock, nanoseconds. */
  readonly before: string;
  readonly after: string;
}

export interface AcceptorFacts {
  readonly pid: number;
  readonly userId: number;
  readonly networkNamespace: number;
  readonly mountNamespace: number;
  readonly executable: string;
  /** Of each listener, in their order. */
  readonly ports: readonly number[];
}

export interface AcceptorOptions {
  /** Default: IPv4 and IPv6 loopback, and both at once. */
  readonly listeners?: readonly Listening[];
  readonly backlog?: number;
  /** The effective user; default root. */
  readonly userId?: number;
  /** A program and its first arguments that end by running the acceptor in their place, such as `unshare`. */
  readonly through?: readonly string[];
}

const EVERY_KIND: readonly Listening[] = [
  { family: 'inet', address: '127.0.0.1' },
  { family: 'inet6', address: '::1' },
  { family: 'inet6', address: '::' },
];

/** A process that accepts whatever comes to its listeners, and knows it. Killed when disposed of. */
export class Acceptor {
  readonly listeners: readonly Listening[];
  readonly backlog: number;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #facts: AcceptorFacts | undefined;

  static async start(options: AcceptorOptions = {}): Promise<Acceptor> {
    const acceptor = new Acceptor(options);
    acceptor.#facts = await acceptor.#nextLine<AcceptorFacts>();
    return acceptor;
  }

  private constructor({ listeners = EVERY_KIND, backlog = BACKLOG, userId, through = [] }: AcceptorOptions) {
    this.listeners = listeners;
    this.backlog = backlog;
    const request = {
      listeners: listeners.map(({ family, address }) => [family, address, backlog]),
      userId: userId ?? null,
    };
    const [program, ...args] = [...through, 'python3', PROGRAM, JSON.stringify(request)];
    this.#child = spawn(program ?? 'python3', args, { stdio: ['pipe', 'pipe', 'inherit'] });
    if (!this.#child.stdout) throw new Error('the acceptor has no stdout');
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  get facts(): AcceptorFacts {
    if (!this.#facts) throw new Error('the acceptor has not started');
    return this.#facts;
  }

  get ports(): readonly number[] {
    return this.facts.ports;
  }

  /** An address and port for every way to reach its listeners: a dual-stack one is reached by both families. */
  targets(): (readonly [address: string, port: number])[] {
    return this.listeners.flatMap(({ address }, i) => {
      const port = this.ports[i] ?? 0;
      return (address === '::' ? ['::1', '127.0.0.1'] : [address]).map((host) => [host, port] as const);
    });
  }

  /** Everything accepted so far, once it is at least `count`. */
  async accepted(count: number): Promise<AcceptFacts[]> {
    this.#child.stdin?.write(`${count}\n`);
    const facts = await this.#nextLine<AcceptFacts[]>();
    assert.ok(facts.length >= count, `${facts.length} connections were accepted, not ${count}`);
    return facts;
  }

  /**
   * Resolves once it has accepted so many since its start. A client that outruns it fills its queue, and what it makes then
   * nobody ever accepts, though connect(2) said that it is connected.
   */
  async hasAccepted(count: number): Promise<void> {
    this.#child.stdin?.write(`#${count}\n`);
    const accepted = await this.#nextLine<number>();
    assert.ok(accepted >= count, `${accepted} connections were accepted, not ${count}`);
  }

  async #nextLine<T>(): Promise<T> {
    const { value, done } = await inTime(this.#lines.next(), 'the acceptor answered');
    if (done) throw new Error('the acceptor ended');
    return JSON.parse(value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await kill(this.#child);
  }
}
