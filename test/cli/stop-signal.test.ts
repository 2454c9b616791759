import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { StopSignal } from '../../src/cli/stop-signal.ts';

const FIXTURE = new URL('wait-for-stop.ts', import.meta.url).pathname;
const PATIENCE = { timeout: 30_000 };

/** The fixture in a process of its own, and the lines it prints; killed at the end of the test. */
async function wait(stack: DisposableStack, ...args: string[]) {
  const child = spawn(process.execPath, [FIXTURE, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  stack.defer(() => child.kill('SIGKILL'));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value;
  assert.equal(await next(), 'waiting');
  return { child, next };
}

/** Signals until it has ended, and for no longer than it is sure to hear one a second late; its exit code. */
async function signalUntilEnd(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const ended = once(child, 'exit');
  while (child.exitCode === null && child.signalCode === null) {
    child.kill(signal);
    await Promise.race([ended, delay(100)]);
  }
  return child.exitCode;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} is a reason to stop and ends nothing itself`, PATIENCE, async () => {
    using stack = new DisposableStack();
    const { child, next } = await wait(stack);
    child.kill(signal);
    assert.equal(await next(), 'signal');
    assert.deepEqual([child.exitCode, child.signalCode], [null, null]);
  });

  test(`${signal} again more than a second later ends the process with 130`, PATIENCE, async () => {
    using stack = new DisposableStack();
    const { child, next } = await wait(stack);
    const start = performance.now();
    child.kill('SIGINT');
    assert.equal(await next(), 'signal');
    assert.equal(await signalUntilEnd(child, signal), 130);
    assert.ok(performance.now() - start > 1000, 'all that came within the second counted as one');
  });
}

test('after dispose a signal does what it does by default', PATIENCE, async () => {
  using stack = new DisposableStack();
  const { child, next } = await wait(stack, 'dispose');
  child.kill('SIGTERM');
  assert.deepEqual([await next(), await next()], ['signal', 'disposed']);
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  assert.deepEqual(await ended, [null, 'SIGINT']);
});

test('the first reason counts', async () => {
  const stopSignal = new StopSignal();
  stopSignal.stop('count');
  stopSignal.stop('closed');
  stopSignal.stopAfter(1);
  assert.equal(await stopSignal.reason, 'count');
  stopSignal.dispose();
});

test('time runs from stopAfter, not before', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const stopSignal = new StopSignal();
  let reason: string | undefined;
  void stopSignal.reason.then((why) => {
    reason = why;
  });
  t.mock.timers.tick(60_000);
  stopSignal.stopAfter(250);
  t.mock.timers.tick(249);
  await Promise.resolve();
  assert.equal(reason, undefined);
  t.mock.timers.tick(1);
  await Promise.resolve();
  assert.equal(reason, 'duration');
  stopSignal.dispose();
});

test('dispose leaves no listener and no timer behind', () => {
  const held = () => [
    process.listenerCount('SIGINT'),
    process.listenerCount('SIGTERM'),
    process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length,
  ];
  const before = held();
  const stopSignal = new StopSignal();
  stopSignal.stopAfter(2 ** 31 - 1);
  assert.deepEqual(
    held(),
    before.map((count) => count + 1),
  );
  stopSignal.dispose();
  assert.deepEqual(held(), before);
});
