import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PACKAGE_VERSION } from '../../src/version.ts';
import { freePorts } from '../collector/free-ports.ts';
import { exampleRecord } from '../output/example-record.ts';
import { batchOf } from '../record/record-batch.ts';
import { records, TestLane } from './lane.ts';
import { type Answer, OtlpServer, TAKEN } from './otlp-server.ts';
import { until } from './transport/until.ts';

const CLOSE_MILLIS = 10_000;
/** Longer than any deadline here; the exporter keeps the process for as long. */
const UNHURRIED = { OTEL_EXPORTER_OTLP_TIMEOUT: '4000' };

/** Sends `count` records in one go to a server that answers so, and closes. */
async function send(count: number, answers: (number: number) => Answer | undefined, more: NodeJS.ProcessEnv = {}) {
  const server = await OtlpServer.start(answers);
  await using _ = server;
  const lane = await TestLane.open({ OTEL_EXPORTER_OTLP_ENDPOINT: server.endpoint, ...more });
  lane.accept(records(count));
  await lane.lane.close(CLOSE_MILLIS);
  return { lane, server };
}

test('a record arrives with every field, over http/json', async () => {
  await using server = await OtlpServer.start();
  const lane = await TestLane.open({
    OTEL_EXPORTER_OTLP_ENDPOINT: server.endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  });
  lane.accept(batchOf([exampleRecord({ mptcp: true, namespacePid: 5 })]));
  lane.assertFates({ queued: 1 });
  await lane.lane.close(CLOSE_MILLIS);
  lane.assertFates({ delivered: 1 });

  const [request] = server.requests;
  assert.equal(request?.path, '/v1/logs');
  assert.equal(request.headers['content-type'], 'application/json');
  assert.match(request.headers['user-agent'] ?? '', new RegExp(`^otel-tcpaccept/${PACKAGE_VERSION} `));
  const attribute = (key: string, value: Record<string, unknown>) => ({ key, value });
  assert.deepEqual(JSON.parse(request.body.toString()), {
    resourceLogs: [
      {
        resource: { attributes: [attribute('service.name', { stringValue: 'test' })], droppedAttributesCount: 0 },
        scopeLogs: [
          {
            scope: { name: 'otel-tcpaccept', version: PACKAGE_VERSION },
            schemaUrl: 'https://opentelemetry.io/schemas/1.45.0',
            logRecords: [
              {
                timeUnixNano: '1700000000000000001',
                observedTimeUnixNano: '1700000000010000000',
                severityNumber: 9,
                eventName: 'tcpaccept.connection.accepted',
                body: { stringValue: 'nginx[812] accepted 10.0.0.5:51324 on 10.0.0.1:443' },
                droppedAttributesCount: 0,
                attributes: [
                  attribute('log.record.uid', { stringValue: 'boot-load-1-7' }),
                  attribute('network.transport', { stringValue: 'tcp' }),
                  attribute('network.type', { stringValue: 'ipv4' }),
                  attribute('network.peer.address', { stringValue: '10.0.0.5' }),
                  attribute('network.peer.port', { intValue: 51_324 }),
                  attribute('network.local.address', { stringValue: '10.0.0.1' }),
                  attribute('network.local.port', { intValue: 443 }),
                  attribute('process.pid', { intValue: 812 }),
                  attribute('process.vpid', { intValue: 5 }),
                  attribute('thread.name', { stringValue: 'nginx' }),
                  attribute('process.executable.name', { stringValue: 'nginx' }),
                  attribute('process.executable.path', { stringValue: '/usr/sbin/nginx' }),
                  attribute('process.parent_pid', { intValue: 1 }),
                  attribute('process.creation.time', { stringValue: '2023-11-14T22:13:20.000Z' }),
                  attribute('process.user.id', { intValue: 33 }),
                  attribute('process.user.name', { stringValue: 'www-data' }),
                  attribute('process.real_user.id', { intValue: 0 }),
                  attribute('process.real_user.name', { stringValue: 'root' }),
                  attribute('process.linux.cgroup', { stringValue: '/system.slice/nginx.service' }),
                  attribute('tcpaccept.thread.id', { intValue: 813 }),
                  attribute('tcpaccept.network_namespace', { intValue: 4_026_531_840 }),
                  attribute('tcpaccept.mount_namespace', { intValue: 4_026_531_841 }),
                  attribute('tcpaccept.cgroup.id', { stringValue: '4242' }),
                  attribute('tcpaccept.socket.cookie', { stringValue: '9007199254740993' }),
                  attribute('tcpaccept.socket.family', { stringValue: 'inet' }),
                  attribute('tcpaccept.accept_queue.duration', { doubleValue: 0.0015 }),
                  attribute('tcpaccept.accept_queue.length', { intValue: 3 }),
                  attribute('tcpaccept.accept_queue.limit', { intValue: 511 }),
                  attribute('tcpaccept.tcp.rtt', { doubleValue: 0.00025 }),
                  attribute('tcpaccept.accept.method', { stringValue: 'syscall' }),
                  attribute('tcpaccept.mptcp', { boolValue: true }),
                ],
              },
            ],
          },
        ],
      },
    ],
  });
});

for (const protocol of ['http/json', 'http/protobuf']) {
  for (const compression of ['none', 'gzip']) {
    test(`a burst of 20,000 records in one turn is delivered whole over ${protocol}, ${compression}`, async () => {
      const more = { OTEL_EXPORTER_OTLP_PROTOCOL: protocol, OTEL_EXPORTER_OTLP_COMPRESSION: compression };
      const { lane, server } = await send(20_000, () => TAKEN, more);
      lane.assertFates({ delivered: 20_000 });
      assert.deepEqual(lane.warnings, []);
      assert.equal(server.requests.length, Math.ceil(20_000 / 512));
      assert.ok(
        server.requests.every(
          ({ headers }) => headers['content-encoding'] === (compression === 'gzip' ? 'gzip' : undefined),
        ),
      );
      if (protocol !== 'http/json') return;
      const ports = server
        .jsonRecords()
        .map(({ attributes }) => attributes.find(({ key }) => key === 'network.peer.port'));
      assert.deepEqual(
        ports.map((port) => port?.value.intValue),
        records(20_000).records.map(({ connection }) => connection.peerPort),
      );
    });
  }
}

test('what does not fit the queue is dropped, newest first, counted and said', async () => {
  const { lane, server } = await send(20_000, () => TAKEN, {
    OTEL_BLRP_MAX_QUEUE_SIZE: '1000',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  });
  lane.assertFates({ delivered: 1000, dropped: 19_000 });
  assert.equal(server.jsonRecords().length, 1000);
  const last = server
    .jsonRecords()
    .at(-1)
    ?.attributes.find(({ key }) => key === 'network.peer.port');
  assert.equal(last?.value.intValue, 1000);
  assert.equal(lane.warnings.length, 1);
  assert.match(lane.warnings[0]?.text ?? '', /^19000 records dropped: 1000 wait for .*OTEL_BLRP_MAX_QUEUE_SIZE/);
});

test('the queue has room again as soon as a batch is delivered', async () => {
  const first = Promise.withResolvers<Answer>();
  await using server = await OtlpServer.start((number) => (number === 0 ? first.promise : TAKEN));
  const lane = await TestLane.open({
    OTEL_EXPORTER_OTLP_ENDPOINT: server.endpoint,
    OTEL_BLRP_MAX_QUEUE_SIZE: '10',
    OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '5',
  });
  lane.accept(records(10));
  lane.accept(records(1));
  lane.assertFates({ queued: 10, dropped: 1 });
  first.resolve(TAKEN);
  await until(() => lane.ledger.get('delivered') >= 5, 'five are delivered');
  lane.accept(records(5));
  await lane.lane.close(CLOSE_MILLIS);
  lane.assertFates({ delivered: 15, dropped: 1 });
});

/** `ExportLogsServiceResponse { partial_success { rejected_log_records: 3, error_message: "too old" } }` */
const PARTIAL_PROTOBUF = Buffer.from([0x0a, 11, 0x08, 3, 0x12, 7, ...Buffer.from('too old')]);
const PARTIAL_JSON = JSON.stringify({ partialSuccess: { rejectedLogRecords: '3', errorMessage: 'too old' } });

for (const [protocol, body] of [
  ['http/protobuf', PARTIAL_PROTOBUF],
  ['http/json', PARTIAL_JSON],
] as const) {
  test(`a partial success over ${protocol} is counted for its batch`, async () => {
    const { lane } = await send(20, (number) => (number === 1 ? { status: 200, body } : TAKEN), {
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '5',
    });
    lane.assertFates({ delivered: 17, rejected: 3 });
    assert.match(lane.warnings[0]?.text ?? '', /rejected 3 records and says: too old$/);
    assert.equal(lane.warnings.length, 1);
  });
}

test('an answer cut off after its status counts as taken in full, whatever the one before it said', async () => {
  const cutOff: Answer = { status: 200, headers: { 'content-length': '100' }, cutOff: true };
  const partial = { status: 200, body: PARTIAL_PROTOBUF };
  const { lane } = await send(10, (number) => (number === 0 ? partial : cutOff), {
    OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '5',
  });
  lane.assertFates({ delivered: 7, rejected: 3 });
});

test('an endpoint that rejects more than it was sent has rejected all of it', async () => {
  const { lane } = await send(2, () => ({ status: 200, body: PARTIAL_PROTOBUF }));
  lane.assertFates({ rejected: 2 });
});

test('a message without rejections is a warning, and everything is delivered', async () => {
  // A terminal would obey the escape sequence.
  const body = JSON.stringify({ partialSuccess: { rejectedLogRecords: 0, errorMessage: 'slow\u001b\n down' } });
  const { lane } = await send(2, () => ({ status: 200, body }), { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' });
  lane.assertFates({ delivered: 2 });
  assert.match(lane.warnings[0]?.text ?? '', /took 2 records and says: slow down$/);
});

test('an answer that is no OTLP response is said, though it counts as taken', async () => {
  const { lane } = await send(1, () => ({ status: 200, body: '<html>hello</html>' }));
  lane.assertFates({ delivered: 1 });
  assert.match(lane.warnings[0]?.text ?? '', /is no OTLP response/);
});

const REFUSALS: readonly (readonly [Answer, RegExp])[] = [
  [
    { status: 400, body: 'entry too far behind' },
    /answered 400 \(entry too far behind\): see its log; 4 records rejected$/,
  ],
  [{ status: 401 }, /answered 401: not authorized: set OTEL_EXPORTER_OTLP_HEADERS/],
  [{ status: 404 }, /\/v1\/logs answered 404: it does not take logs there: set OTEL_EXPORTER_OTLP_ENDPOINT .*Jaeger/],
  [{ status: 413 }, /answered 413: .*OTEL_BLRP_MAX_EXPORT_BATCH_SIZE/],
  [{ status: 302, headers: { location: '/elsewhere' } }, /answered 302/],
  [{ status: 500 }, /answered 500/],
];
for (const [answer, says] of REFUSALS) {
  test(`records answered with ${answer.status} are rejected, without another try`, async () => {
    const { lane, server } = await send(4, () => answer);
    lane.assertFates({ rejected: 4 });
    assert.equal(server.requests.length, 1);
    assert.equal(lane.warnings.length, 1);
    assert.match(lane.warnings[0]?.text ?? '', says);
  });
}

test('503 and then 200 is delivered, by a second try', async () => {
  const { lane, server } = await send(3, (number) => (number === 0 ? { status: 503 } : TAKEN));
  lane.assertFates({ delivered: 3 });
  assert.equal(server.requests.length, 2);
  assert.deepEqual(lane.warnings, []);
});

test('429 with Retry-After is tried again when it says', async () => {
  const start = performance.now();
  const { lane } = await send(3, (number) => (number === 0 ? { status: 429, headers: { 'retry-after': '1' } } : TAKEN));
  lane.assertFates({ delivered: 3 });
  assert.ok(performance.now() - start >= 1000);
});

test('503 until the time is up is dropped', async () => {
  const { lane } = await send(3, () => ({ status: 503 }), { OTEL_EXPORTER_OTLP_TIMEOUT: '500' });
  lane.assertFates({ dropped: 3 });
  assert.match(
    lane.warnings[0]?.text ?? '',
    /answered 429, 502, 503 or 504 until the time was up: .*; 3 records dropped$/,
  );
});

test('an endpoint that never answers: dropped after the timeout, and said', async () => {
  const { lane } = await send(3, () => undefined, { OTEL_EXPORTER_OTLP_TIMEOUT: '300' });
  lane.assertFates({ dropped: 3 });
  assert.match(
    lane.warnings[0]?.text ?? '',
    /did not answer within 300 ms: .*OTEL_EXPORTER_OTLP_TIMEOUT; 3 records dropped$/,
  );
});

test('with nothing at the endpoint, it is said at the first try which endpoint that is and what to set', async () => {
  const [port] = await freePorts(1);
  const lane = await TestLane.open({ ...UNHURRIED, OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
  lane.accept(records(1000));
  await until(() => lane.warnings.length > 0, 'it is warned of');
  assert.equal(
    lane.warnings[0]?.text,
    `nothing listens at http://127.0.0.1:${port}/v1/logs (ECONNREFUSED): start a collector there or set OTEL_EXPORTER_OTLP_ENDPOINT; trying again before records are dropped`,
  );
  lane.assertFates({ queued: 1000 });
  await lane.lane.close(300);
  lane.assertFates({ dropped: 1000 });
  // One cause: whoever prints warnings says it once a minute.
  assert.deepEqual([...new Set(lane.warnings.map(({ cause }) => cause))], ['export-ECONNREFUSED']);
});

test('with nothing at the endpoint and no time to try again, every record is counted as dropped', async () => {
  const [port] = await freePorts(1);
  const lane = await TestLane.open({
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_TIMEOUT: '500',
  });
  lane.accept(records(1500));
  await lane.lane.close(CLOSE_MILLIS);
  lane.assertFates({ dropped: 1500 });
  assert.match(lane.warnings.at(-1)?.text ?? '', /^nothing listens at .*; 476 records dropped$/);
});

test('closing keeps its deadline though the endpoint never answers, and gives up what is queued', async () => {
  await using server = await OtlpServer.start(() => undefined);
  const lane = await TestLane.open({ OTEL_EXPORTER_OTLP_ENDPOINT: server.endpoint });
  lane.accept(records(20_000));
  const start = performance.now();
  await Promise.all([lane.lane.close(400), lane.lane.close(400)]);
  // An answer would be waited for for ten seconds.
  assert.ok(performance.now() - start < 5000);
  lane.assertFates({ dropped: 20_000 });
  lane.accept(records(5));
  lane.assertFates({ dropped: 20_005 });
  assert.equal(server.requests.length, 1);
});

test('records that come while it closes are dropped and counted', async () => {
  await using server = await OtlpServer.start();
  const lane = await TestLane.open({ OTEL_EXPORTER_OTLP_ENDPOINT: server.endpoint });
  lane.accept(records(10));
  const closing = lane.lane.close(CLOSE_MILLIS);
  lane.accept(records(4));
  await closing;
  lane.assertFates({ delivered: 10, dropped: 4 });
});

test('limits cut attributes, and the record says how many', async () => {
  await using server = await OtlpServer.start();
  const lane = await TestLane.open({
    OTEL_EXPORTER_OTLP_ENDPOINT: server.endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: '4',
    OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '3',
  });
  lane.accept(batchOf([exampleRecord()]));
  await lane.lane.close(CLOSE_MILLIS);
  const [record] = server.jsonRecords();
  assert.deepEqual(
    record?.attributes.map(({ value }) => value.stringValue),
    ['boo', 'tcp', 'ipv', '10.'],
  );
  assert.equal(record?.droppedAttributesCount, 26);
});
