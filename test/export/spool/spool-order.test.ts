import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { LONGEST_TOGETHER_MILLIS } from '../../../src/export/spool/spool-settings.ts';
import { OtlpServer, TAKEN } from '../otlp-server.ts';
import { encode, numberedRecords, numbersIn } from '../transport/encode-records.ts';
import { range } from '../transport/queue-under-test.ts';
import { until } from '../transport/until.ts';
import { fillSpool, SpoolFolder, SpoolUnderTest } from './spool-under-test.ts';

const REQUESTS = 24;
const ANSWER_MILLIS = 10;
const CLOSE_MILLIS = 4000;

/** A spool of requests of one record each, made so long after each other, the last now. */
function fill(t: TestContext, directory: string, apartMillis: number): void {
  const first = Date.now() - (REQUESTS - 1) * apartMillis;
  const requests = Array.from({ length: REQUESTS }, (_, number) => ({
    unixMillis: first + number * apartMillis,
    records: 1,
    body: encode(numberedRecords(number, 1)),
  }));
  fillSpool(t, directory, requests);
}

/** An endpoint that takes its time, and how many requests it had at once. */
async function slowServer(refuse: (number: number) => boolean = () => false) {
  const seen = { open: 0, most: 0 };
  const server = await OtlpServer.start(async (number) => {
    seen.most = Math.max(seen.most, ++seen.open);
    await pause(ANSWER_MILLIS);
    seen.open--;
    return refuse(number) ? { status: 503 } : TAKEN;
  });
  return { server, seen, numbers: () => server.requests.flatMap(({ body }) => numbersIn(body)) };
}

test('of a backlog what was made minutes apart is under way together, what was made long apart is not', async (t) => {
  for (const [apartMillis, most] of [
    [LONGEST_TOGETHER_MILLIS / 100, 4],
    [LONGEST_TOGETHER_MILLIS * 0.6, 2],
    [LONGEST_TOGETHER_MILLIS * 1.1, 1],
  ] as const) {
    using folder = new SpoolFolder();
    fill(t, folder.path, apartMillis);
    const { server, seen, numbers } = await slowServer();
    await using _ = server;
    const it = await SpoolUnderTest.open(server.endpoint, folder.path);
    await until(() => it.count('delivered') === REQUESTS, 'all is delivered');
    await it.queue.close(CLOSE_MILLIS);
    assert.equal(seen.most, most);
    assert.deepEqual(most === 1 ? numbers() : numbers().toSorted((a, b) => a - b), range(0, REQUESTS));
  }
});

test('what is new goes beside nothing old: it waits on disk until all that is old is settled, also what is tried again', async (t) => {
  using folder = new SpoolFolder();
  fill(t, folder.path, LONGEST_TOGETHER_MILLIS * 2);
  const { server, numbers } = await slowServer((number) => number % 3 === 0);
  await using _ = server;
  const it = await SpoolUnderTest.open(server.endpoint, folder.path);
  for (let number = 1000; it.count('delivered') < REQUESTS; number++) {
    it.offer(1, number);
    await pause(2);
  }
  await it.queue.close(CLOSE_MILLIS);
  // The last of the old is not old any more.
  const arrived = numbers();
  const firstNew = arrived.findIndex((number) => number >= 1000);
  assert.deepEqual(
    [...new Set(arrived.slice(0, firstNew))].filter((number) => number < REQUESTS - 1),
    range(0, REQUESTS - 1),
  );
  assert.deepEqual(
    arrived.slice(firstNew).filter((number) => number < REQUESTS - 1),
    [],
  );
});
