import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { untilBlocked } from './blocked.ts';
import { connectTo, resetAll } from './client.ts';
import { Server } from './server.ts';
import { Trace } from './trace.ts';

const ASLEEP_FROM_MILLIS = 100;
const ASLEEP_WITHIN_MILLIS = 10_000;
const ROUNDS = 20;

/** Whoever would look again only after a while never looks. */
function takeLongTimers(t: TestContext): { readonly asleep: () => Promise<void> } {
  const { setTimeout } = globalThis;
  let naps = 0;
  t.mock.method(globalThis, 'setTimeout', (look: () => void, millis: number) => {
    if (millis < ASLEEP_FROM_MILLIS) return setTimeout(look, millis);
    naps++;
    return setTimeout(() => {}, 0);
  });
  let slept = 0;
  return {
    async asleep() {
      const deadline = performance.now() + ASLEEP_WITHIN_MILLIS;
      while (naps === slept) {
        assert.ok(performance.now() < deadline, `no sleep within ${ASLEEP_WITHIN_MILLIS} ms after ${naps} before`);
        await pause(1);
      }
      slept = naps;
    },
  };
}

test('a reader without a timer is woken by each accept, and falls asleep after it', async (t) => {
  await using server = await Server.start();
  const listener = await server.listen('inet', '127.0.0.1');
  const timers = takeLongTimers(t);
  await using trace = new Trace({ ports: [listener.port] });
  for (let round = 1; round <= ROUNDS; round++) {
    await timers.asleep();
    const client = await connectTo(listener.port, '127.0.0.1');
    await server.accept(listener);
    await trace.until(server.pid, round);
    resetAll([client]);
  }
});

test('also while an accept that was asleep before it has not returned', async (t) => {
  await using server = await Server.start();
  const listener = await server.listen('inet', '127.0.0.1');
  const idle = await server.listen('inet', '127.0.0.1');
  const tid = await server.begin('accept', { listener: idle.listener, thread: 'sleeper' }).began;
  await untilBlocked(server.pid, tid, 'accept4');
  const timers = takeLongTimers(t);
  await using trace = new Trace({ ports: [listener.port] });
  await timers.asleep();
  const client = await connectTo(listener.port, '127.0.0.1');
  await server.accept(listener);
  await trace.until(server.pid, 1);
  resetAll([client]);
});

test('and by the end of a connection', async (t) => {
  await using server = await Server.start();
  const listener = await server.listen('inet', '127.0.0.1');
  const timers = takeLongTimers(t);
  await using trace = new Trace({ ports: [listener.port], connections: true });
  const client = await connectTo(listener.port, '127.0.0.1');
  await server.accept(listener);
  await trace.until(server.pid, 1);
  await timers.asleep();
  resetAll([client]);
  await trace.untilEnd(client.peerPort);
});

test('nothing of the waiting is left when the tracer is closed asleep', async (t) => {
  const threads = () =>
    readdirSync('/proc/self/task').filter((tid) =>
      readFileSync(`/proc/self/task/${tid}/comm`, 'utf8').startsWith('tcpaccept-ring'),
    ).length;
  const timers = takeLongTimers(t);
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const before = descriptors();
  {
    await using _ = new Trace({ ports: [1] });
    await timers.asleep();
    assert.equal(threads(), 1);
  }
  assert.equal(threads(), 0);
  await pause(0);
  assert.equal(descriptors(), before);
});
