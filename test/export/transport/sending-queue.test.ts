import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryDelay } from '../../../src/export/transport/retry-policy.ts';
import type { LedgerName } from '../../../src/ledger.ts';
import { freePorts } from '../../collector/free-ports.ts';
import * as behaviours from './behaviours.ts';
import { type Behaviour, HostileServer } from './hostile-server.ts';
import { QueueUnderTest, range } from './queue-under-test.ts';
import { until } from './until.ts';

const CLOSE_MILLIS = 15_000;
const { answer, taken } = behaviours;

/** What becomes of two requests of 8 records, when the requests that arrive are treated so, the last one for ever. */
const FATES: readonly {
  readonly name: string;
  readonly does: readonly Behaviour[];
  readonly fates: Partial<Record<LedgerName, number>>;
  readonly requests: number;
  /** What is warned of, each cause once. */
  readonly warns: Readonly<Record<string, RegExp>>;
  readonly timeoutMillis?: number;
}[] = [
  { name: '200', does: [taken], fates: { delivered: 16 }, requests: 2, warns: {} },
  { name: '204', does: [answer(204)], fates: { delivered: 16 }, requests: 2, warns: {} },
  {
    name: 'a partial success, then 200',
    does: [behaviours.partialSuccess(3, 'too old'), taken],
    fates: { delivered: 13, rejected: 3 },
    requests: 2,
    warns: { 'export-partial': /rejected 3 records and says: too old$/ },
  },
  {
    name: 'more rejected than was sent',
    does: [behaviours.partialSuccess(100, 'all')],
    fates: { rejected: 16 },
    requests: 2,
    warns: { 'export-partial': /rejected 8 records/ },
  },
  {
    name: 'a note',
    does: [behaviours.partialSuccess(0, 'slow down'), taken],
    fates: { delivered: 16 },
    requests: 2,
    warns: { 'export-note': /took 8 records and says: slow down$/ },
  },
  {
    name: '200 with garbage',
    does: [answer(200, '\u0007\u00ff garbage'), taken],
    fates: { delivered: 16 },
    requests: 2,
    warns: { 'export-unreadable': /is no OTLP response/ },
  },
  {
    name: '200 and a reset in the body',
    does: [behaviours.resetInBody(200), taken],
    fates: { delivered: 16 },
    requests: 2,
    warns: { 'export-unreadable': /is no OTLP response/ },
  },
  {
    name: '200 with an endless body',
    does: [behaviours.endlessBody(200, 16_384), taken],
    fates: { delivered: 16 },
    requests: 2,
    warns: { 'export-unreadable': /is no OTLP response/ },
  },
  {
    name: '200 with a slow body',
    does: [behaviours.slowBody(200), taken],
    fates: { delivered: 16 },
    requests: 2,
    warns: { 'export-unreadable': /is no OTLP response/ },
    timeoutMillis: 200,
  },
  {
    name: '400, then 200',
    does: [behaviours.refusal(400, 'entry too far behind'), taken],
    fates: { delivered: 8, rejected: 8 },
    requests: 2,
    warns: { 'export-http-400': /answered 400 \(entry too far behind\): see its log; 8 records rejected$/ },
  },
  {
    name: '401',
    does: [answer(401)],
    fates: { rejected: 16 },
    requests: 2,
    warns: { 'export-http-401': /not authorized: set OTEL_EXPORTER_OTLP_HEADERS as it asks; 8 records rejected$/ },
  },
  {
    name: '404',
    does: [answer(404)],
    fates: { rejected: 16 },
    requests: 2,
    warns: { 'export-http-404': /does not take logs there: .*; 8 records rejected$/ },
  },
  {
    name: 'a redirect',
    does: [behaviours.redirect],
    fates: { rejected: 16 },
    requests: 2,
    warns: { 'export-http-307': /answered 307: see its log; 8 records rejected$/ },
  },
  {
    name: '413 above 2 records',
    does: [behaviours.takesAtMost(2)],
    fates: { delivered: 16 },
    requests: 2 * (1 + 2 + 4),
    warns: { 'export-http-413': /too large: lower OTEL_BLRP_MAX_EXPORT_BATCH_SIZE .*; sending it in halves$/ },
  },
  {
    name: '413 whatever comes',
    does: [answer(413)],
    fates: { rejected: 16 },
    requests: 2 * (1 + 2 + 4 + 8),
    warns: { 'export-http-413': /too large/ },
  },
  {
    name: '503 and then 200',
    does: [answer(503), taken],
    fates: { delivered: 16 },
    requests: 3,
    warns: { 'export-http-503': /answered 503: it is overloaded or its backend is: see its log; trying again$/ },
  },
  {
    name: '429, 502, 504 and then 200',
    does: [answer(429), answer(502), answer(504), taken],
    fates: { delivered: 16 },
    requests: 5,
    warns: {
      'export-http-429': /answered 429: .*; trying again$/,
      'export-http-502': /answered 502: .*; trying again$/,
      'export-http-504': /answered 504: .*; trying again$/,
    },
  },
  {
    name: 'resets and then 200',
    does: [behaviours.reset, behaviours.reset, behaviours.closed, behaviours.noHttp, taken],
    fates: { delivered: 16 },
    requests: 6,
    warns: {
      'export-ECONNRESET': /broke the connection off: .*; trying again$/,
      'export-HPE_INVALID_CONSTANT': /broke/,
    },
  },
  {
    name: 'no answer and then 200',
    does: [behaviours.silent, taken],
    fates: { delivered: 16 },
    requests: 3,
    warns: { 'export-Request timed out': /did not answer within 200 ms: .*; trying again$/ },
    timeoutMillis: 200,
  },
];

for (const { name, does, fates, requests, warns, timeoutMillis = 30_000 } of FATES) {
  test(`${name}: ${Object.entries(fates)
    .map(([fate, count]) => `${count} ${fate}`)
    .join(', ')}`, async () => {
    await using server = await HostileServer.start((number) => does[Math.min(number, does.length - 1)] ?? taken);
    const environment = { OTEL_EXPORTER_OTLP_TIMEOUT: `${timeoutMillis}` };
    // One at a time, so that the behaviours meet the requests in a known order.
    const it = await QueueUnderTest.open(server.endpoint, { environment, maxInFlight: 1 });
    it.offer(8);
    it.offer(8);
    it.assertFates({ queued: 16 });
    await until(() => it.ledger.get('queued') === 0, 'all is settled');
    it.assertFates(fates);
    assert.equal(server.requests.length, requests);
    const causes = [...new Set(it.warnings.map(({ cause }) => cause))];
    assert.deepEqual(causes.sort(), Object.keys(warns).sort());
    for (const [cause, text] of Object.entries(warns)) {
      assert.match(it.warnings.find((warning) => warning.cause === cause)?.text ?? '', text);
    }
    await it.queue.close(CLOSE_MILLIS);
    it.assertFates(fates);
  });
}

test('with nobody there: said at once, and delivered when somebody comes', async () => {
  const [port = 0] = await freePorts(1);
  const it = await QueueUnderTest.open(`http://127.0.0.1:${port}`);
  for (let number = 0; number < 10; number++) it.offer(10);
  await until(() => it.warnings.length > 2, 'it tried thrice');
  assert.equal(
    it.warnings[0]?.text,
    `nothing listens at http://127.0.0.1:${port}/v1/logs (ECONNREFUSED): start a collector there or set OTEL_EXPORTER_OTLP_ENDPOINT; trying again`,
  );
  it.assertFates({ queued: 100 });
  await using server = await HostileServer.start(() => taken, { port });
  await until(() => it.ledger.get('queued') === 0, 'all is settled');
  it.assertFates({ delivered: 100 });
  await it.queue.close(CLOSE_MILLIS);
  assert.deepEqual(
    server.requests.flatMap(({ numbers }) => numbers).sort((a, b) => a - b),
    range(0, 100),
  );
});

for (const [form, header] of [
  ['seconds', () => '1'],
  ['a date', () => new Date(Date.now() + 2000).toUTCString()],
] as const) {
  test(`429 with Retry-After in ${form}: nothing is sent before`, async () => {
    let askedUntil = 0;
    let sentAt = 0;
    await using server = await HostileServer.start((number) => (response, request) => {
      if (number > 0) {
        sentAt ||= performance.now();
        taken(response, request);
        return;
      }
      const text = header();
      const millis = text === '1' ? 1000 : Date.parse(text) - Date.now();
      askedUntil = performance.now() + millis;
      answer(429, '', { 'retry-after': text })(response, request);
    });
    const it = await QueueUnderTest.open(server.endpoint, { retryDelay: retryDelay(Math.random) });
    it.offer(2);
    await until(() => it.warnings.length === 1, 'it was turned away');
    it.offer(3);
    await until(() => it.ledger.get('queued') === 0, 'all is settled');
    it.assertFates({ delivered: 5 });
    assert.ok(sentAt >= askedUntil - 2, `sent ${askedUntil - sentAt} ms too early`);
    await it.queue.close(CLOSE_MILLIS);
  });
}

test('first attempts begin in the order of the offers, at most four at once', async () => {
  const pending: (() => void)[] = [];
  await using server = await HostileServer.start(() => (response, request) => {
    pending.push(() => taken(response, request));
  });
  const it = await QueueUnderTest.open(server.endpoint);
  for (let number = 0; number < 20; number++) it.offer(1);
  for (let answered = 0; answered < 20; answered++) {
    await until(() => pending.length > 0 && server.requests.length >= Math.min(answered + 4, 20), 'four are under way');
    pending.shift()?.();
  }
  await it.queue.close(CLOSE_MILLIS);
  it.assertFates({ delivered: 20 });
  assert.equal(server.mostUnderWay, 4);
  assert.ok(server.connections <= 4, `${server.connections} connections`);
  // Each goes over a connection of its own, so neighbours may overtake each other on the way.
  const arrived = server.requests.flatMap(({ numbers }) => numbers);
  for (const [index, number] of arrived.entries()) assert.ok(Math.abs(index - number) < 4, `${arrived}`);
});

test('an endpoint that fails is asked by one request at a time, and the others follow in their order', async () => {
  const together: number[] = [];
  await using server = await HostileServer.start((number) => (response, request) => {
    if (number >= 4 && number < 10) together.push(server.underWay);
    setTimeout(() => (number < 10 ? answer(503) : taken)(response, request), 20);
  });
  const it = await QueueUnderTest.open(server.endpoint);
  for (let number = 0; number < 30; number++) it.offer(1);
  await until(() => it.ledger.get('queued') === 0, 'all is settled');
  it.assertFates({ delivered: 30 });
  // Four were under way when it began to fail; the next six found out one by one.
  assert.deepEqual(together, [1, 1, 1, 1, 1, 1]);
  assert.equal(new Set(server.requests.slice(0, 10).flatMap(({ numbers }) => numbers)).size, 10);
  await it.queue.close(CLOSE_MILLIS);
});

test('a request that alone makes the endpoint fail is given up in time, and holds up no other', async () => {
  await using server = await HostileServer.start(() => (response, request) => {
    (request.numbers.includes(0) ? answer(503) : taken)(response, request);
  });
  const it = await QueueUnderTest.open(server.endpoint, { giveUpAfterMillis: 4000 });
  for (let number = 0; number < 50; number++) it.offer(1);
  await until(() => it.ledger.get('delivered') === 49, 'the others are delivered');
  it.assertFates({ delivered: 49, queued: 1 });
  await until(() => it.ledger.get('queued') === 0, 'the one is given up');
  it.assertFates({ delivered: 49, dropped: 1 });
  assert.match(it.warnings.at(-1)?.text ?? '', /answered 503: .*; 1 record dropped$/);
  await it.queue.close(CLOSE_MILLIS);
});

for (const keepsGivenUp of [true, false]) {
  const fate = keepsGivenUp ? 'spooled' : 'dropped';
  test(`what is not taken in time is ${fate}, also what was never tried`, async () => {
    await using server = await HostileServer.start(() => answer(503));
    const it = await QueueUnderTest.open(server.endpoint, { giveUpAfterMillis: 400, keepsGivenUp });
    for (let number = 0; number < 100; number++) it.offer(2);
    await until(() => it.ledger.get('queued') === 0, 'all is given up');
    it.assertFates({ [fate]: 200 });
    assert.ok(server.requests.length < 50, `${server.requests.length} requests`);
    if (keepsGivenUp)
      assert.deepEqual(
        it.numbersGivenUp().sort((a, b) => a - b),
        range(0, 200),
      );
    it.offer(2);
    it.assertFates({ [fate]: 200, queued: 2 });
    await it.queue.close(CLOSE_MILLIS);
    it.assertFates({ [fate]: 202 });
  });
}

test('an endpoint that is slow but well loses nothing, however long requests wait', async () => {
  await using server = await HostileServer.start(() => (response, request) => {
    setTimeout(() => taken(response, request), 60);
  });
  const it = await QueueUnderTest.open(server.endpoint, { giveUpAfterMillis: 100 });
  for (let number = 0; number < 40; number++) it.offer(1);
  await until(() => it.ledger.get('queued') === 0, 'all is settled');
  it.assertFates({ delivered: 40 });
  await it.queue.close(CLOSE_MILLIS);
});

test('what waited long behind others has its time from the moment the endpoint began to fail', async () => {
  await using server = await HostileServer.start((number) => (response, request) => {
    if (number === 10) answer(503)(response, request);
    else setTimeout(() => taken(response, request), number < 10 ? 200 : 0);
  });
  const it = await QueueUnderTest.open(server.endpoint, { giveUpAfterMillis: 1500, maxInFlight: 1 });
  for (let number = 0; number < 40; number++) it.offer(1);
  await until(() => it.ledger.get('queued') === 0, 'all is settled');
  it.assertFates({ delivered: 40 });
  await it.queue.close(CLOSE_MILLIS);
});

test('a server that asks for more time than there is: given up at once', async () => {
  await using server = await HostileServer.start(() => answer(429, '', { 'retry-after': '60' }));
  const it = await QueueUnderTest.open(server.endpoint, { giveUpAfterMillis: 30_000, keepsGivenUp: true });
  it.offer(4);
  await until(() => it.ledger.get('queued') === 0, 'it is given up');
  it.assertFates({ spooled: 4 });
  await it.queue.close(CLOSE_MILLIS);
});
