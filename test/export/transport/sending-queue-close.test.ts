import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SendOutcome } from '../../../src/export/transport/send-outcome.ts';
import { answer, endlessBody, silent, slowBody, taken } from './behaviours.ts';
import { HostileServer } from './hostile-server.ts';
import { QueueUnderTest, range } from './queue-under-test.ts';
import { until } from './until.ts';

const FAR = 3_600_000;

test('closing delivers what is queued', async () => {
  await using server = await HostileServer.start(() => taken);
  const it = await QueueUnderTest.open(server.endpoint);
  for (let number = 0; number < 200; number++) it.offer(5);
  await it.queue.close(15_000);
  it.assertFates({ delivered: 1000 });
  assert.deepEqual(it.warnings, []);
  assert.deepEqual(
    server.requests.flatMap(({ numbers }) => numbers).sort((a, b) => a - b),
    range(0, 1000),
  );
});

test('closing an empty queue is done at once, twice as well', async () => {
  await using server = await HostileServer.start(() => taken);
  const it = await QueueUnderTest.open(server.endpoint);
  const start = performance.now();
  await Promise.all([it.queue.close(10_000), it.queue.close(10_000)]);
  assert.ok(performance.now() - start < 5000);
  it.assertFates({});
});

for (const [name, behaviour] of [
  ['never answers', silent],
  ['answers without end', endlessBody(503, 16_384)],
  ['answers slowly', slowBody(503)],
  ['refuses', answer(503)],
] as const) {
  test(`closing keeps its deadline when the endpoint ${name}, and everything is counted`, async () => {
    await using server = await HostileServer.start(() => behaviour);
    const it = await QueueUnderTest.open(server.endpoint, { environment: { OTEL_EXPORTER_OTLP_TIMEOUT: '0' } });
    for (let number = 0; number < 20; number++) it.offer(5);
    await until(() => server.requests.length > 0, 'a request arrives');
    const start = performance.now();
    await it.queue.close(400);
    const millis = performance.now() - start;
    assert.ok(millis < 5000, `${millis} ms`);
    it.assertFates({ dropped: 100 });
    assert.match(it.warnings.at(-1)?.text ?? '', /; 100 records dropped at the end$/);
    it.offer(7);
    it.assertFates({ dropped: 107 });
    // Late answers change nothing.
    const { length } = it.warnings;
    await until(() => server.underWay === 0, 'every connection is closed');
    it.assertFates({ dropped: 107 });
    assert.equal(it.warnings.length, length);
  });
}

test('what is left is handed over, oldest first, and so is what comes too late', async () => {
  await using server = await HostileServer.start(() => silent);
  const it = await QueueUnderTest.open(server.endpoint, { keepsGivenUp: true });
  for (let number = 0; number < 20; number++) it.offer(5);
  const closing = it.queue.close(100);
  it.offer(5);
  it.assertFates({ queued: 100, spooled: 5 });
  await closing;
  it.assertFates({ spooled: 105 });
  assert.deepEqual(it.numbersGivenUp(), [...range(100, 5), ...range(0, 100)]);
  assert.deepEqual(it.warnings, []);
});

test('closing tries at once what waits for its next turn', async () => {
  await using server = await HostileServer.start((number) => (number < 4 ? answer(503) : taken));
  const it = await QueueUnderTest.open(server.endpoint, { retryDelay: () => FAR, giveUpAfterMillis: 2 * FAR });
  for (let number = 0; number < 10; number++) it.offer(5);
  await until(() => it.warnings.length === 4, 'four were turned away');
  it.assertFates({ queued: 50 });
  await it.queue.close(15_000);
  it.assertFates({ delivered: 50 });
});

test('closing does not wait for what cannot be tried before the deadline', async () => {
  await using server = await HostileServer.start(() => answer(429, '', { 'retry-after': '60' }));
  const it = await QueueUnderTest.open(server.endpoint, { giveUpAfterMillis: FAR });
  it.offer(5);
  await until(() => it.warnings.length === 1, 'it was turned away');
  const start = performance.now();
  await it.queue.close(30_000);
  assert.ok(performance.now() - start < 10_000);
  it.assertFates({ dropped: 5 });
  assert.equal(server.requests.length, 1);
});

test('an answer that comes after the end begins nothing', async () => {
  const outcome = Promise.withResolvers<SendOutcome>();
  let sends = 0;
  const transport = {
    send: () => {
      sends++;
      return outcome.promise;
    },
    close: () => {},
  };
  const it = await QueueUnderTest.open('http://127.0.0.1:9', { transport, retryDelay: () => 0 });
  it.offer(5);
  await it.queue.close(0);
  it.assertFates({ dropped: 5 });
  outcome.resolve({ kind: 'retry', error: new Error('too late'), retryAfterMillis: undefined });
  await outcome.promise;
  await new Promise(setImmediate);
  assert.equal(sends, 1);
  it.assertFates({ dropped: 5 });
});
