import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { kill } from '../../test/end-process.ts';

/** An OTLP server that forgets what it gets, in a process of its own; killed when disposed of. */
export class HttpSink {
  readonly endpoint: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.endpoint = `http://127.0.0.1:${port}`;
  }

  static async start(): Promise<HttpSink> {
    const child = fork(new URL('http-server.ts', import.meta.url));
    const [port]: number[] = await once(child, 'message');
    return new HttpSink(child, port ?? 0);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await kill(this.#child, 'SIGTERM');
  }
}
