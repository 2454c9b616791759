import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { AcceptTracer } from '../../src/kernel/accept-tracer.ts';
import { loadNative } from '../../src/kernel/native.ts';
import { openSession } from '../../src/kernel/open-session.ts';
import { assertFreed, type BpfObjects, ownBpfObjects, ownDescriptors, ownMappings } from './bpf-objects.ts';
import { connectTo } from './client.ts';
import { Server } from './server.ts';

const SETTINGS = { hook: 'syscall', ringBytes: 1 << 16, self: 'none' } as const;
const CLOSED = { code: 'ERR_CLOSED' };

test('close may be called again; everything else throws ERR_CLOSED then', async () => {
  const tracer = new AcceptTracer(SETTINGS);
  tracer.close();
  tracer.close();
  await tracer[Symbol.asyncDispose]();
  assert.throws(() => tracer.run(() => {}), CLOSED);
  assert.throws(() => tracer.drain(), CLOSED);
  assert.throws(() => tracer.counts(), CLOSED);
  await assert.rejects(tracer.stop(), CLOSED);
});

test('a closed session of the addon throws ERR_CLOSED and does not crash', () => {
  const { session } = openSession(SETTINGS, loadNative());
  session.close();
  session.close();
  assert.throws(() => session.drain(new Uint8Array(1024)), CLOSED);
  assert.throws(() => session.counters(new BigUint64Array(9)), CLOSED);
  assert.throws(() => session.settle(), CLOSED);
  assert.throws(() => session.detach(), CLOSED);
});

test('stop hands over what was in the ring, and counts go on holding until close', async () => {
  await using server = await Server.start();
  const listener = await server.listen('inet', '127.0.0.1');
  const tracer = new AcceptTracer({ ...SETTINGS, ports: [listener.port] });
  const made: number[] = [];
  for (let i = 0; i < 5; i++) made.push((await connectTo(listener.port, '127.0.0.1')).peerPort);
  await server.accept(listener, { count: made.length });

  const recorded: number[] = [];
  tracer.run((batch) => recorded.push(...batch.connections.map(({ peerPort }) => peerPort)));
  await Promise.all([tracer.stop(), tracer.stop()]);
  assert.deepEqual(recorded, made);
  await connectTo(listener.port, '127.0.0.1');
  await server.accept(listener);
  assert.equal(tracer.counts().submitted, made.length, 'nothing is recorded after stop');
  tracer.close();
});

test('opening and closing leaves nothing behind, also when opening fails', async () => {
  const before = [ownDescriptors(), ownMappings()];
  const opened: BpfObjects[] = [];
  for (let i = 0; i < 5; i++) {
    const tracer = new AcceptTracer({ ...SETTINGS, hook: 'auto' });
    opened.push(ownBpfObjects());
    assert.throws(() => new AcceptTracer({ ...SETTINGS, cgroupMapPath: '/nowhere' }), { code: 'ERR_PINNED_MAP' });
    tracer.close();
  }
  assert.deepEqual([ownDescriptors(), ownMappings()], before);
  const programs = opened.flatMap((objects) => objects.programs);
  const links = opened.flatMap((objects) => objects.links);
  assert.ok(programs.length > 0 && links.length > 0);
  await assertFreed({ programs, links });
});

test('a child process inherits nothing of a tracer', async () => {
  await using _tracer = new AcceptTracer(SETTINGS);
  assert.ok(ownDescriptors().length > 0);
  const { stdout } = spawnSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' });
  assert.doesNotMatch(stdout, /bpf|btf|perf_event|trac/);
});

const STAGES: readonly (readonly [stage: string, end: { code: number | null; signal: string | null }])[] = [
  ['exit before run', { code: 0, signal: null }],
  ['exit while tracing', { code: 0, signal: null }],
  ['exit in a batch', { code: 0, signal: null }],
  ['close in a batch', { code: 0, signal: null }],
  ['stop and close in a batch', { code: 0, signal: null }],
  ['end without close', { code: 0, signal: null }],
  ['end after stop', { code: 0, signal: null }],
  ['end after close', { code: 0, signal: null }],
  ['throw while tracing', { code: 1, signal: null }],
  ['killed while tracing', { code: null, signal: 'SIGKILL' }],
  ['garbage collected', { code: 0, signal: null }],
  ['workers close', { code: 0, signal: null }],
  ['workers exit', { code: 0, signal: null }],
  ['workers terminated', { code: 0, signal: null }],
  ['exit while workers trace', { code: 0, signal: null }],
];

for (const [stage, end] of STAGES) {
  test(`a process that ends so leaves no program and no link: ${stage}`, async () => {
    const script = new URL('life-cycle-stage.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, ['--expose-gc', script, stage], { timeout: 30_000 });
    const [stdout, stderr, [code, signal]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit'),
    ]);
    assert.deepEqual({ code, signal }, end, stderr);
    if (end.code === 0) assert.equal(stderr, '');
    const objects: BpfObjects = JSON.parse(stdout);
    assert.ok(objects.programs.length > 0 && objects.links.length > 0);
    await assertFreed(objects);
  });
}
