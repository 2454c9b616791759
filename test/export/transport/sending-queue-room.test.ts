import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer, silent, taken } from './behaviours.ts';
import { encode, numberedRecords } from './encode-records.ts';
import { HostileServer } from './hostile-server.ts';
import { QueueUnderTest, range } from './queue-under-test.ts';
import { until } from './until.ts';

const CLOSE_MILLIS = 15_000;

test('a queue full of records drops what is offered, and says which option holds more', async () => {
  await using server = await HostileServer.start(() => silent);
  const environment = { OTEL_BLRP_MAX_QUEUE_SIZE: '10' };
  const it = await QueueUnderTest.open(server.endpoint, { environment });
  for (let number = 0; number < 4; number++) it.offer(3);
  it.assertFates({ queued: 9, dropped: 3 });
  assert.match(
    it.warnings[0]?.text ?? '',
    /^3 records dropped: 10 wait for http.* already \(OTEL_BLRP_MAX_QUEUE_SIZE\)$/,
  );
  await it.queue.close(0);
  it.assertFates({ dropped: 12 });
});

test('a queue full of bytes drops what is offered, and says how many there are', async () => {
  await using server = await HostileServer.start(() => silent);
  const one = encode(numberedRecords(0, 5)).length;
  const it = await QueueUnderTest.open(server.endpoint, { maxBytes: one * 2 + 10 });
  for (let number = 0; number < 3; number++) it.offer(5);
  it.assertFates({ queued: 10, dropped: 5 });
  assert.match(it.warnings[0]?.text ?? '', /^5 records dropped: \d+ bytes wait for http.* already$/);
  await it.queue.close(0);
});

test('there is room again when a request is delivered', async () => {
  const pending: (() => void)[] = [];
  await using server = await HostileServer.start(() => (response, request) => {
    pending.push(() => taken(response, request));
  });
  const it = await QueueUnderTest.open(server.endpoint, { environment: { OTEL_BLRP_MAX_QUEUE_SIZE: '6' } });
  it.offer(3);
  it.offer(3);
  it.offer(3);
  it.assertFates({ queued: 6, dropped: 3 });
  await until(() => pending.length === 2, 'both are under way');
  pending.shift()?.();
  await until(() => it.ledger.get('delivered') === 3, 'one is delivered');
  it.offer(3);
  it.assertFates({ delivered: 3, queued: 6, dropped: 3 });
  pending.shift()?.();
  await until(() => pending.length === 1, 'the last one is under way');
  pending.shift()?.();
  await it.queue.close(CLOSE_MILLIS);
  it.assertFates({ delivered: 9, dropped: 3 });
});

test('with somebody to take them over, a full queue gives up its oldest waiting requests', async () => {
  await using server = await HostileServer.start(() => silent);
  const environment = { OTEL_BLRP_MAX_QUEUE_SIZE: '10' };
  const it = await QueueUnderTest.open(server.endpoint, { environment, maxInFlight: 1, keepsGivenUp: true });
  for (let number = 0; number < 9; number++) it.offer(2);
  it.assertFates({ queued: 10, spooled: 8 });
  // Records 0 and 1 are under way.
  assert.deepEqual(it.numbersGivenUp(), range(2, 8));
  assert.deepEqual(it.warnings, []);
  it.offer(11);
  it.assertFates({ queued: 10, spooled: 19 });
  await it.queue.close(0);
  it.assertFates({ spooled: 29 });
  assert.deepEqual(it.numbersGivenUp(), [...range(2, 8), ...range(18, 11), 0, 1, ...range(10, 8)]);
});

test('100,000 records for a dead endpoint: the queue stays in its bounds, the rest is dropped and counted', async () => {
  await using server = await HostileServer.start(() => answer(503));
  const maxBytes = 4 * 1024 * 1024;
  const it = await QueueUnderTest.open(server.endpoint, { maxBytes });
  const size = encode(numberedRecords(100_000, 100)).length;
  const before = process.memoryUsage().arrayBuffers;
  for (let number = 0; number < 1000; number++) {
    it.offer(100);
    if (number % 50 === 0) await new Promise(setImmediate);
    assert.ok(it.ledger.get('queued') * (size / 100) <= maxBytes * 1.05);
  }
  globalThis.gc?.();
  const grown = process.memoryUsage().arrayBuffers - before;
  assert.ok(it.ledger.get('queued') > 10_000);
  it.assertFates({ queued: it.ledger.get('queued'), dropped: 100_000 - it.ledger.get('queued') });
  assert.ok(grown < 4 * maxBytes, `${grown} bytes`);
  await it.queue.close(0);
  it.assertFates({ dropped: 100_000 });
});
