import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVENTS } from '../../src/record/events.ts';
import { type Answer, OtlpServer, TAKEN } from '../export/otlp-server.ts';
import { Acceptor } from './acceptor.ts';
import { startCollector } from './collector.ts';
import { connect } from './connector.ts';
import { keyOfAccept, keyOfRecord } from './expected-record.ts';
import { freePorts } from './free-ports.ts';
import { assertLedger, readLedger } from './ledger-line.ts';
import { TracerCommand } from './tracer-command.ts';

const PROMISED_MILLIS = 5000;

function warningsOf(stderr: string): string[] {
  return [...stderr.matchAll(/^otel-tcpaccept: warning: (.*)$/gm)].map(([, text = '']) => text);
}

test('nothing listens at the endpoint: rows are printed, one warning, all kept on disk and counted, exit 0', async () => {
  const [port] = await freePorts(1);
  await using acceptor = await Acceptor.start();
  await using tracer = await TracerCommand.tracing(['-P', acceptor.ports.join(',')], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_BLRP_SCHEDULE_DELAY: '50' },
  });
  const first = await connect(acceptor.targets(), 10, { awaits: true });
  await tracer.until(() => tracer.stderr.includes('warning'), 'it warns');
  const second = await connect(acceptor.targets(), 10, { awaits: true });
  await tracer.untilLines(1 + 20);
  const { code, millis, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  assert.ok(millis < PROMISED_MILLIS, `${millis} ms`);
  assert.deepEqual(
    tracer.lines.slice(1).map((row) => row.split(/ +/)[4]),
    [...first, ...second].map(({ peerPort }) => String(peerPort)),
  );
  const [warning = '', ...more] = warningsOf(stderr);
  assert.deepEqual(more, []);
  assert.match(
    warning,
    new RegExp(
      `^nothing listens at http://127\\.0\\.0\\.1:${port}/v1/logs .*start a collector there or set OTEL_EXPORTER_OTLP_ENDPOINT`,
    ),
  );
  assertLedger(stderr, { submitted: 20, drained: 20, spooled: 20, printed: 20 });
});

test('nothing listens at a gRPC endpoint: the same', async () => {
  const [port] = await freePorts(1);
  await using acceptor = await Acceptor.start();
  await using tracer = await TracerCommand.tracing(['-P', acceptor.ports.join(',')], {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_BLRP_SCHEDULE_DELAY: '50',
    },
  });
  await connect(acceptor.targets(), 10, { awaits: true });
  await tracer.untilLines(1 + 10);
  const { code, millis, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  assert.ok(millis < PROMISED_MILLIS, `${millis} ms`);
  const [warning = '', ...more] = warningsOf(stderr);
  assert.deepEqual(more, []);
  assert.match(warning, new RegExp(`^nothing listens at http://127\\.0\\.0\\.1:${port} .*OTEL_EXPORTER_OTLP_ENDPOINT`));
  assertLedger(stderr, { submitted: 10, drained: 10, spooled: 10, printed: 10 });
});

for (const protocol of ['http/protobuf', 'grpc']) {
  test(`a collector over ${protocol} that goes away: what it took is delivered, the rest kept and counted`, async () => {
    await using collector = await startCollector();
    await using acceptor = await Acceptor.start();
    await using tracer = await TracerCommand.tracing(['-P', acceptor.ports.join(',')], {
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? collector.grpcEndpoint : collector.httpEndpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_BLRP_SCHEDULE_DELAY: '50',
      },
    });
    const taken = await connect(acceptor.targets(), 40, { awaits: true });
    await collector.waitForAccepts(40, { timeoutMillis: 30_000 });
    // It answers what it has taken before it ends.
    await collector.stop();
    await connect(acceptor.targets(), 30, { awaits: true });
    await tracer.untilLines(1 + 70);
    const { code, stderr } = await tracer.stop();
    assert.equal(code, 0, stderr);
    assertLedger(stderr, { submitted: 70, drained: 70, delivered: 40, spooled: 30, printed: 70 });
    assert.deepEqual((await collector.accepts()).map(keyOfRecord).sort(), taken.map(keyOfAccept).sort());
    assert.match(warningsOf(stderr)[0] ?? '', /^nothing listens at .*OTEL_EXPORTER_OTLP_ENDPOINT/);
  });
}

/** `ExportLogsServiceResponse { partial_success { rejected_log_records: 1, error_message: "too old" } }` */
const ONE_TOO_OLD = Buffer.from([0x0a, 11, 0x08, 1, 0x12, 7, ...Buffer.from('too old')]);

/** An answer to every batch, how many records of each batch it rejects, and the warning it leads to. */
const ANSWERS: readonly (readonly [string, Answer, number, RegExp])[] = [
  ['404', { status: 404 }, Infinity, /\/v1\/logs answered 404: it does not take logs there: set OTEL_/],
  ['400', { status: 400, body: 'no' }, Infinity, /\/v1\/logs answered 400 \(no\): see its log/],
  ['a partial success', { status: 200, body: ONE_TOO_OLD }, 1, /\/v1\/logs rejected 1 record and says: too old$/],
];

for (const [name, answer, rejects, says] of ANSWERS) {
  test(`an endpoint that answers with ${name}: rejected are counted, one warning for all batches`, async () => {
    await using server = await OtlpServer.start(() => answer);
    await using acceptor = await Acceptor.start();
    await using tracer = await TracerCommand.tracing(['-P', acceptor.ports.join(','), '--output', 'none'], {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: server.endpoint, OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '3' },
    });
    await connect(acceptor.targets(), 12, { awaits: true });
    const { code, stderr } = await tracer.stop();
    assert.equal(code, 0, stderr);
    assert.ok(server.requests.length >= 4);
    // What it rejected is told of in a record as soon as it has taken something; that record meets the same answer.
    const { reports, rejected_accepts } = readLedger(stderr);
    const rejected = Math.min(12 + reports, rejects * server.requests.length);
    const delivered = 12 + reports - rejected;
    // It may be alone in its request, or with accepts.
    assert.ok(rejected_accepts >= rejected - reports && rejected_accepts <= rejected, stderr);
    assertLedger(stderr, { submitted: 12, drained: 12, unprinted: 12, reports, rejected, rejected_accepts, delivered });
    const warnings = warningsOf(stderr);
    assert.equal(warnings.length, 1, stderr);
    assert.match(warnings[0] ?? '', says);
  });
}

test('an endpoint that is busy for a moment gets everything in the end', async () => {
  let refused = 0;
  const taken = () => server.jsonRecords().filter(({ eventName }) => eventName === EVENTS.accepted.name).length;
  await using server = await OtlpServer.start((number) => {
    if (number >= 2) return TAKEN;
    refused = taken();
    return { status: 503 };
  });
  await using acceptor = await Acceptor.start();
  await using tracer = await TracerCommand.tracing(['-P', acceptor.ports.join(','), '--output', 'none'], {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: server.endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BLRP_SCHEDULE_DELAY: '0',
    },
  });
  await connect(acceptor.targets(), 12, { awaits: true });
  await tracer.until(() => taken() === refused + 12, 'all is sent again');
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  assertLedger(stderr, { submitted: 12, drained: 12, delivered: 12, unprinted: 12 });
  const [warning = '', ...more] = warningsOf(stderr);
  assert.deepEqual(more, []);
  assert.match(warning, /answered 503: .*; trying again$/);
});
