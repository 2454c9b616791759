import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { OtlpServer } from '../export/otlp-server.ts';
import { mostSkipped } from '../kernel/state-skips.ts';
import { Acceptor } from './acceptor.ts';
import { startCollector } from './collector.ts';
import { connect, Traffic } from './connector.ts';
import { assertRecord, expectedProcess, isWhole, keyOfAccept, keyOfRecord } from './expected-record.ts';
import { assertLedger, readLedger } from './ledger-line.ts';
import { type Ended, runCommand, TracerCommand } from './tracer-command.ts';

/** What is promised of a signal. */
const PROMISED_MILLIS = 5000;
const INTERRUPTED = 130;

function assertStopped({ code, millis, stderr }: Ended): void {
  assert.equal(code, 0, stderr);
  assert.ok(millis < PROMISED_MILLIS, `it took ${millis} ms to stop`);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} in the middle of traffic: all that was accepted before is printed and delivered`, async () => {
    await using collector = await startCollector();
    await using acceptor = await Acceptor.start();
    await using tracer = await TracerCommand.tracing(['-P', acceptor.ports.join(',')], {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpEndpoint, OTEL_BLRP_SCHEDULE_DELAY: '100' },
    });
    const signalledMillis = await (async () => {
      await using _traffic = new Traffic(acceptor.targets());
      await collector.waitForAccepts(500, { timeoutMillis: 30_000 });
      const now = Date.now();
      tracer.signal(signal);
      await tracer.until(() => tracer.stderr.includes('ledger '), 'it has said what became of every accept');
      return now;
    })();
    const ended = await tracer.ended();
    assertStopped(ended);
    const { drained, unstamped } = readLedger(ended.stderr);
    assertLedger(ended.stderr, { submitted: drained, drained, delivered: drained, printed: drained });
    assert.equal(ended.stderr.split('\n').length, 3, 'a line at the start, the ledger, and no stack trace');
    assert.equal(tracer.lines.length, 1 + drained);

    const process = expectedProcess(acceptor);
    // So many that ports are used again: of the same ends, who was accepted first was recorded first.
    const accepted = Map.groupBy(await acceptor.accepted(drained), keyOfAccept);
    const records = await collector.accepts();
    assert.equal(records.length, drained);
    let parts = 0;
    for (const record of records) {
      const key = keyOfRecord(record);
      const facts = accepted.get(key)?.shift() ?? assert.fail(`${key}: more than once, or no accept of ours`);
      if (isWhole(record)) assertRecord(record, process, facts);
      else parts++;
    }
    assert.ok(parts <= mostSkipped(drained, unstamped), `${parts} lack their cookie or their time in the queue`);
    // Tracing began before the first of them, so what is left came after the signal.
    for (const { after } of [...accepted.values()].flat()) assert.ok(BigInt(after) / 1_000_000n >= signalledMillis);
  });
}

/** A tracer with a record under way to an endpoint that never answers: it cannot end at once. */
async function hangingTracer(stack: AsyncDisposableStack): Promise<TracerCommand> {
  const asked = Promise.withResolvers<void>();
  const server = stack.use(
    await OtlpServer.start(() => {
      asked.resolve();
      return undefined;
    }),
  );
  const acceptor = stack.use(await Acceptor.start());
  const tracer = stack.use(
    await TracerCommand.tracing(['-P', acceptor.ports.join(','), '--output', 'none'], {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: server.endpoint, OTEL_BLRP_SCHEDULE_DELAY: '0' },
    }),
  );
  await connect(acceptor.targets(), 1, { awaits: true });
  await asked.promise;
  return tracer;
}

test('a second signal at once, as npm passes a Ctrl-C on, is no second signal: the ledger is said, exit 0', async () => {
  await using stack = new AsyncDisposableStack();
  const tracer = await hangingTracer(stack);
  tracer.signal('SIGINT');
  tracer.signal('SIGTERM');
  const ended = await tracer.ended();
  assertStopped(ended);
  assertLedger(ended.stderr, { submitted: 1, drained: 1, spooled: 1, unprinted: 1 });
});

test('a signal more than a second after the first ends it at once, with 130', async () => {
  await using stack = new AsyncDisposableStack();
  const tracer = await hangingTracer(stack);
  const ended = tracer.ended();
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  for (; !isOver; await delay(100)) tracer.signal('SIGINT');
  const { code, stderr } = await ended;
  assert.equal(code, INTERRUPTED);
  assert.equal(stderr.split('\n').length, 2, stderr);
});

test('--count N prints exactly N rows, in order, and exits 0', async () => {
  await using acceptor = await Acceptor.start({ listeners: [{ family: 'inet', address: '127.0.0.1' }] });
  await using tracer = await TracerCommand.tracing(['-P', acceptor.ports.join(','), '--count', '3']);
  const made = await connect(acceptor.targets(), 8, { awaits: true });
  const { code, stderr } = await tracer.ended();
  assert.equal(code, 0, stderr);
  const peerPorts = tracer.lines.slice(1).map((row) => row.split(/ +/)[4]);
  assert.deepEqual(
    peerPorts,
    made.slice(0, 3).map(({ peerPort }) => String(peerPort)),
  );
  assert.equal(readLedger(stderr).printed, 3);
});

test('--duration ends it with 0, and what was accepted meanwhile is printed and delivered', async () => {
  await using collector = await startCollector();
  await using acceptor = await Acceptor.start();
  await using _traffic = new Traffic(acceptor.targets());
  await acceptor.accepted(1);
  const { code, stdout, stderr } = await runCommand(['-P', acceptor.ports.join(','), '--duration', '0.5'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpEndpoint, OTEL_BLRP_SCHEDULE_DELAY: '60000' },
  });
  assert.equal(code, 0, stderr);
  const { drained } = readLedger(stderr);
  assert.ok(drained > 0, stderr);
  assertLedger(stderr, { submitted: drained, drained, delivered: drained, printed: drained });
  assert.equal(stdout.split('\n').length, 1 + drained + 1);
  assert.equal((await collector.accepts()).length, drained);
});

test('with export off: a table, nothing sent, and the line at the start says so', async () => {
  const { code, stdout, stderr } = await runCommand(['-P', '1', '--duration', '0.05']);
  assert.equal(code, 0);
  assert.match(stdout, /^PID +COMM +IP +RADDR +RPORT +LADDR +LPORT *\n$/);
  assert.match(stderr, /^otel-tcpaccept: tracing hook=\w+ export=off\notel-tcpaccept: ledger [^\n]*\n$/);
  assertLedger(stderr, {});
});
