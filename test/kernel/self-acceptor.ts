import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { kill } from '../end-process.ts';
import { inTime } from '../in-time.ts';

const PROGRAM = new URL('self_acceptor.py', import.meta.url).pathname;

/** A connection to make: the listener's family, and the two addresses. */
export type Route = readonly [listener: 'inet' | 'inet6', from: string, to: string];

/** A self_acceptor.py of its own process. Killed when disposed of. */
export class SelfAcceptor {
  readonly ports: Readonly<Record<'inet' | 'inet6', number>>;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, ports: SelfAcceptor['ports']) {
    this.#child = child;
    this.#lines = lines;
    this.ports = ports;
  }

  /** `wrapper` is a command that executes the program in its own process, for instance `unshare --net`. */
  static async start(...wrapper: readonly string[]): Promise<SelfAcceptor> {
    const [command = 'python3', ...args] = [...wrapper, 'python3', PROGRAM];
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    if (!child.stdout) throw new Error('the acceptor has no stdout');
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const { ports } = JSON.parse(await nextLine(lines));
    return new SelfAcceptor(child, lines, ports);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Makes and accepts a connection along each route, as this effective user; the two ports of each. */
  async run(user: number, connections: readonly Route[]): Promise<(readonly [peer: number, local: number])[]> {
    this.#child.stdin?.write(`${JSON.stringify({ user, connections })}\n`);
    return JSON.parse(await nextLine(this.#lines));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await kill(this.#child);
  }
}

async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await inTime(lines.next(), 'the acceptor said a line');
  if (done) throw new Error('the acceptor has ended');
  return value;
}
