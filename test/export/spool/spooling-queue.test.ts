import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePorts } from '../../collector/free-ports.ts';
import { OtlpServer } from '../otlp-server.ts';
import { numbersIn } from '../transport/encode-records.ts';
import { range } from '../transport/queue-under-test.ts';
import { until } from '../transport/until.ts';
import { SpoolFolder, SpoolUnderTest } from './spool-under-test.ts';

const CLOSE_MILLIS = 30_000;

const byNumber = (a: number, b: number) => a - b;
const numbersOf = (server: OtlpServer) => server.requests.flatMap(({ body }) => numbersIn(body));

async function unreachable(): Promise<string> {
  const [port] = await freePorts(1);
  return `http://127.0.0.1:${port}`;
}

test('what an endpoint takes at once never touches the disk', async () => {
  using folder = new SpoolFolder();
  await using server = await OtlpServer.start();
  const it = await SpoolUnderTest.open(server.endpoint, folder.path);
  for (let number = 0; number < 20; number++) it.offer(5);
  assert.equal(it.count('queued'), 100);
  await it.queue.close(CLOSE_MILLIS);
  it.assertFates({ delivered: 100 });
  assert.deepEqual(numbersOf(server).sort(byNumber), range(0, 100));
  assert.equal(it.safe.length, 20);
});

test('with nobody there it is kept, and the next run delivers it first, oldest first', async () => {
  using folder = new SpoolFolder();
  const first = await SpoolUnderTest.open(await unreachable(), folder.path);
  for (let number = 0; number < 20; number++) first.offer(5);
  await until(() => first.count('spooled') > 0, 'some are on disk');
  first.offer(5);
  await first.queue.close(CLOSE_MILLIS);
  first.assertFates({ spooled: 105 });

  await using server = await OtlpServer.start();
  const second = await SpoolUnderTest.open(server.endpoint, folder.path);
  assert.equal(second.count('recovered'), 105);
  second.offer(5, 1000);
  await second.queue.close(CLOSE_MILLIS);
  second.assertFates({ delivered: 110 });
  const arrived = numbersOf(server);
  assert.deepEqual(arrived.toSorted(byNumber), [...range(0, 105), ...range(1000, 5)]);
  // Four are under way at once: the last of the older may overtake each other.
  assert.ok(arrived.indexOf(1000) >= 90, `the new ones came as number ${arrived.indexOf(1000)}`);

  const third = await SpoolUnderTest.open(server.endpoint, folder.path);
  assert.equal(third.count('recovered'), 0);
  await third.queue.close(CLOSE_MILLIS);
});

test('an outage in the middle: all of it arrives once, in order but for what was under way', async () => {
  using folder = new SpoolFolder();
  let isWell = true;
  const taken: number[] = [];
  await using server = await OtlpServer.start((number) => {
    if (!isWell) return { status: 503 };
    taken.push(...numbersIn(server.requests[number]?.body ?? Buffer.alloc(0)));
    return { status: 200 };
  });
  const it = await SpoolUnderTest.open(server.endpoint, folder.path);
  for (let number = 0; number < 10; number++) it.offer(5);
  await until(() => it.count('delivered') === 50, 'the first are delivered');
  isWell = false;
  for (let number = 0; number < 40; number++) it.offer(5);
  await until(() => it.count('spooled') > 100, 'most are on disk');
  it.assertSum();
  isWell = true;
  for (let number = 0; number < 10; number++) it.offer(5);
  await until(() => it.count('delivered') === 300, 'all are delivered');
  await it.queue.close(CLOSE_MILLIS);
  it.assertFates({ delivered: 300 });
  assert.deepEqual(taken.toSorted(byNumber), range(0, 300));
  const inversions = taken.filter((number, index) => number < (taken[index - 1] ?? 0)).length;
  assert.ok(inversions <= 12, `${inversions} times a newer request came before an older one`);
});

test('always: each is on disk before it is sent, and said to be safe in its order', async () => {
  using folder = new SpoolFolder();
  const held = Promise.withResolvers<{ status: number }>();
  await using server = await OtlpServer.start(() => held.promise);
  const it = await SpoolUnderTest.open(server.endpoint, folder.path, { mode: 'always' });
  for (let number = 0; number < 20; number++) it.offer(5);
  await until(() => it.safe.length === 20, 'all are on disk');
  assert.equal(it.count('delivered'), 0);
  assert.deepEqual(
    it.safe.flatMap(({ body }) => numbersIn(body)),
    range(0, 100),
  );
  held.resolve({ status: 200 });
  await it.queue.close(CLOSE_MILLIS);
  it.assertFates({ delivered: 100 });
});

test('a full spool lets go of its oldest, and counts them', async () => {
  using folder = new SpoolFolder();
  const it = await SpoolUnderTest.open(await unreachable(), folder.path, { maxBytes: 1024 ** 2 });
  // Some 25 KiB each, 28 KiB of pages: 36 of them have room, and what is lent out cannot be let go of.
  for (let number = 0; number < 100; number++) it.offer(200);
  await until(() => it.count('evicted') > 0, 'some are let go of');
  await it.queue.close(CLOSE_MILLIS);
  it.assertSum();
  const { spooled = 0, evicted = 0, ...others } = it.fates();
  assert.deepEqual(others, {});
  assert.ok(spooled >= 6000 && spooled <= 9000, `${spooled} are kept`);

  await using server = await OtlpServer.start();
  const next = await SpoolUnderTest.open(server.endpoint, folder.path);
  await next.queue.close(CLOSE_MILLIS);
  next.assertFates({ delivered: spooled });
  assert.equal(spooled + evicted, 20_000);
  assert.equal(it.count('evicted_accepts'), evicted);
  assert.ok(numbersOf(server).includes(19_999), 'the newest are kept');
  assert.match(it.warnings.find(({ cause }) => cause === 'spool-evicted')?.text ?? '', /pushed out of the spool/);
});

test('the memory of a body is given back once it is on disk, unless it may be on its way as well', async () => {
  using folder = new SpoolFolder();
  const it = await SpoolUnderTest.open(await unreachable(), folder.path);
  for (let number = 0; number < 6; number++) it.offer(5);
  await it.queue.close(CLOSE_MILLIS);
  it.assertFates({ spooled: 30 });
  assert.equal(it.unused.size, 0);
  const always = await SpoolUnderTest.open(await unreachable(), folder.path, { mode: 'always' });
  for (let number = 0; number < 6; number++) always.offer(5);
  await always.queue.close(CLOSE_MILLIS);
  always.assertFates({ spooled: 60 });
  assert.deepEqual([...always.unused], always.bodies);
});

test('what is too old is let go of instead of sent', async () => {
  using folder = new SpoolFolder();
  const it = await SpoolUnderTest.open(await unreachable(), folder.path);
  it.offer(5);
  await it.queue.close(CLOSE_MILLIS);
  it.assertFates({ spooled: 5 });
  await using server = await OtlpServer.start();
  const next = await SpoolUnderTest.open(server.endpoint, folder.path, { maxAgeMillis: -1 });
  await next.queue.close(CLOSE_MILLIS);
  next.assertFates({ evicted: 5 });
  assert.equal(server.requests.length, 0);
});

test('a request of the spool that is too large is sent in halves, which take its place on disk', async () => {
  using folder = new SpoolFolder();
  const first = await SpoolUnderTest.open(await unreachable(), folder.path);
  first.offer(16);
  await first.queue.close(CLOSE_MILLIS);

  await using server = await OtlpServer.start((number) => {
    const { length } = numbersIn(server.requests[number]?.body ?? Buffer.alloc(0));
    if (length > 4) return { status: 413 };
    return { status: number % 2 === 0 ? 200 : 503 };
  });
  const second = await SpoolUnderTest.open(server.endpoint, folder.path, { spillAfterMillis: 20 });
  await until(() => second.count('delivered') === 16, 'all are delivered');
  await second.queue.close(CLOSE_MILLIS);
  second.assertFates({ delivered: 16 });
});

test('halves that cannot be delivered are all that is left on disk', async () => {
  using folder = new SpoolFolder();
  const first = await SpoolUnderTest.open(await unreachable(), folder.path);
  first.offer(16);
  await first.queue.close(CLOSE_MILLIS);
  await using server = await OtlpServer.start((number) => {
    const numbers = numbersIn(server.requests[number]?.body ?? Buffer.alloc(0));
    if (numbers.length > 4) return { status: 413 };
    return { status: numbers.includes(5) ? 503 : 200 };
  });
  const second = await SpoolUnderTest.open(server.endpoint, folder.path);
  await until(() => second.count('delivered') === 12, 'three quarters are delivered');
  await second.queue.close(1000);
  second.assertFates({ delivered: 12, spooled: 4 });
  await using well = await OtlpServer.start();
  const third = await SpoolUnderTest.open(well.endpoint, folder.path);
  await third.queue.close(CLOSE_MILLIS);
  third.assertFates({ delivered: 4 });
  assert.deepEqual(numbersOf(well), [4, 5, 6, 7]);
});

test('memory that is full when an outage begins goes to disk whole', async () => {
  using folder = new SpoolFolder();
  const it = await SpoolUnderTest.open(await unreachable(), folder.path, { spillAfterMillis: 500 });
  // Some 190 KiB each: 8 MiB of them fill the queue, and the rest goes to disk before those do.
  for (let number = 0; number < 100; number++) {
    it.offer(1500);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until(() => it.count('queued') < 20_000, 'what waited in memory is on disk');
  await it.queue.close(CLOSE_MILLIS);
  it.assertFates({ spooled: 150_000 });
});
