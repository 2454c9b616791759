import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { after, before, test } from 'node:test';
import { kill } from '../end-process.ts';
import { inTime } from '../in-time.ts';
import { untilBlocked } from './blocked.ts';
import { connectTo } from './client.ts';
import { Trace } from './trace.ts';

const SOURCE = new URL('io_uring_server.c', import.meta.url).pathname;
const BACKLOG = 33;

const folder = mkdtempSync(join(tmpdir(), 'tcpaccept-io-uring-'));
const program = join(folder, 'server');

before(() => execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-Werror', SOURCE, '-o', program]));
after(() => rmSync(folder, { recursive: true }));

/** The C program, answering in numbers. */
class RingServer {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  port = 0;

  constructor(...args: string[]) {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child = child;
    this.#lines = createInterface(child.stdout);
  }

  static async start(...args: string[]): Promise<RingServer> {
    const server = new RingServer(...args);
    server.port = await server.#answer();
    return server;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The client's port as the server knows it. */
  do(how: string): Promise<number> {
    this.#child.stdin?.write(`${how}\n`);
    return this.#answer();
  }

  async #answer(): Promise<number> {
    const [line] = await inTime(once(this.#lines, 'line'), 'the ring server answered');
    return Number(line);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await kill(this.#child);
  }
}

const WAYS = [
  { args: [], how: 'plain', comm: /^server$/, worker: false },
  { args: [], how: 'async', comm: /^iou-wrk-/, worker: true },
  { args: ['sqpoll'], how: 'plain', comm: /^iou-sqp-/, worker: true },
] as const;

for (const { args, how, comm, worker } of WAYS) {
  for (const first of ['connection', 'accept'] as const) {
    test(`${[...args, how].join(' ')}, the ${first} comes first: one record, of method io_uring`, async () => {
      await using server = await RingServer.start(...args);
      await using trace = new Trace({ ports: [server.port] });
      const waiting = first === 'accept' ? server.do(how) : undefined;
      if (waiting) await untilBlocked(server.pid, server.pid, 'io_uring_enter');
      const client = await connectTo(server.port, '127.0.0.1');
      const peerPort = await (waiting ?? server.do(how));
      const [record] = await trace.until(server.pid, 1);
      const { submitted } = await trace.stop();

      assert.ok(record);
      assert.equal(submitted, 1);
      assert.equal(peerPort, client.peerPort);
      const { pid, method, queueLength, queueLimit } = record;
      assert.deepEqual(
        { pid, peerPort: record.peerPort, method, queueLength, queueLimit },
        { pid: server.pid, peerPort, method: 'io_uring', queueLength: 0, queueLimit: BACKLOG },
      );
      assert.match(record.comm, comm);
      assert.equal(record.tid !== server.pid, worker);
      assert.ok(existsSync(`/proc/${server.pid}/task/${record.tid}`));
      assert.notEqual(record.queueDurationNs, undefined);
    });
  }
}

test('an accept into a slot of the ring cannot be read, and is counted', async () => {
  await using server = await RingServer.start();
  await using trace = new Trace();
  await connectTo(server.port, '127.0.0.1');
  await server.do('direct');
  const { unreadable } = await trace.stop();
  assert.equal(unreadable, 1);
  assert.deepEqual(trace.of(server.pid), []);
});

test('a request that is no accept is nothing, though its result be a connection’s descriptor', async () => {
  await using server = await RingServer.start();
  await using trace = new Trace({ ports: [server.port] });
  const client = await connectTo(server.port, '127.0.0.1');
  assert.equal(await server.do('plain'), client.peerPort);
  assert.equal(await server.do('read'), client.peerPort, 'the result is the descriptor');
  const { submitted, unreadable } = await trace.stop();
  assert.deepEqual({ submitted, unreadable }, { submitted: 1, unreadable: 0 });
});
