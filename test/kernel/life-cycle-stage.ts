/**
 * A process that ends in one particular moment of a tracer's life: `life-cycle-stage.ts STAGE`, with --expose-gc.
 *
 * Says which BPF objects it holds, one JSON line, while it still does.
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { AcceptTracer } from '../../src/kernel/accept-tracer.ts';
import { ownBpfObjects, ownDescriptors, ownMappings } from './bpf-objects.ts';

const WORKERS = 3;
const ACCEPTS = 2000;

function open(): AcceptTracer {
  return new AcceptTracer({ hook: 'syscall', ringBytes: 1 << 16, ownProcess: true, self: 'none' });
}

function sayObjects(): void {
  writeSync(1, `${JSON.stringify(ownBpfObjects())}\n`);
}

/** Accepts one connection after another, many more than any stage waits for. */
function accept(): void {
  const server = createServer((socket) => socket.on('error', () => {}).destroy()).unref();
  let left = ACCEPTS;
  const next = () => {
    if (left-- === 0) return;
    const { port } = server.address() as AddressInfo;
    const client = connect(port, '127.0.0.1', () => client.resetAndDestroy()).on('error', () => {});
    client.on('close', next);
  };
  server.listen(0, '127.0.0.1', next);
}

/** A tracer that has handed over its first batch. */
async function tracing(onBatch: (tracer: AcceptTracer) => void = () => {}): Promise<AcceptTracer> {
  const tracer = open();
  sayObjects();
  accept();
  await new Promise<void>((resolve) => {
    tracer.run(() => {
      onBatch(tracer);
      resolve();
    });
  });
  return tracer;
}

function assertNothingHeld(): void {
  const held = [...ownDescriptors().map(({ target }) => target), ...ownMappings()];
  if (held.length > 0) throw new Error(`still held: ${held.join(', ')}`);
}

/** Workers that trace at once; told to, they end as `end` says. */
async function startWorkers(end: 'close' | 'exit'): Promise<Worker[]> {
  const workers = Array.from({ length: WORKERS }, () => new Worker(import.meta.filename, { workerData: end }));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  sayObjects();
  return workers;
}

async function endWorkers(end: 'close' | 'exit'): Promise<void> {
  const workers = await startWorkers(end);
  const ended = workers.map((worker) => once(worker, 'exit'));
  for (const worker of workers) worker.postMessage('end');
  await Promise.all(ended);
  assertNothingHeld();
}

const STAGES: Readonly<Record<string, () => unknown>> = {
  'exit before run': () => {
    open();
    sayObjects();
    process.exit(0);
  },
  'exit while tracing': () => tracing().then(() => process.exit(0)),
  'exit in a batch': () => tracing(() => process.exit(0)),
  'close in a batch': () => tracing((tracer) => tracer.close()).then(assertNothingHeld),
  'stop and close in a batch': () =>
    tracing((tracer) => tracer.stop().then(() => tracer.close())).then((tracer) => tracer.stop()),
  'end without close': () => {
    const tracer = open();
    sayObjects();
    tracer.run(() => {}, { keepAlive: false });
  },
  'end after stop': () => tracing().then((tracer) => tracer.stop()),
  'end after close': async () => {
    const tracer = await tracing();
    await tracer.stop();
    tracer.close();
    assertNothingHeld();
  },
  'throw while tracing': async () => {
    await tracing();
    throw new Error('as meant');
  },
  'killed while tracing': () => tracing().then(() => process.kill(process.pid, 'SIGKILL')),
  'garbage collected': async () => {
    for (let i = 0; i < 3; i++) open();
    sayObjects();
    while (ownDescriptors().length + ownMappings().length > 0) {
      global.gc?.();
      await turn();
    }
  },
  'workers close': () => endWorkers('close'),
  'workers exit': () => endWorkers('exit'),
  'workers terminated': async () => {
    const workers = await startWorkers('close');
    await Promise.all(workers.map((worker) => worker.terminate()));
    assertNothingHeld();
  },
  'exit while workers trace': async () => {
    await startWorkers('close');
    process.exit(0);
  },
};

/** In a worker: says so when it has handed over a batch, and traces on until told to end. */
async function work(end: string): Promise<void> {
  const tracer = open();
  accept();
  await new Promise<void>((resolve) => tracer.run(() => resolve()));
  const told = new Promise((resolve) => parentPort?.once('message', resolve));
  parentPort?.postMessage('traced');
  await told;
  if (end === 'exit') process.exit(0);
  tracer.close();
}

await (isMainThread ? STAGES[process.argv[2] ?? '']?.() : work(workerData));
