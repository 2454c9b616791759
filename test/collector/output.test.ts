import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Acceptor } from './acceptor.ts';
import { startCollector } from './collector.ts';
import { connect } from './connector.ts';
import { keyOfAccept } from './expected-record.ts';
import { expectedTableRow } from './expected-table-row.ts';
import { assertLedger, readLedger } from './ledger-line.ts';
import { COMMAND, TracerCommand } from './tracer-command.ts';

/** More rows of ndjson, 1 kB each, than the kernel holds between two processes. */
const TOO_MANY = 2000;
/** More rows than head takes to be gone. */
const ENOUGH_ROWS = 100;

test('rows of ndjson are the attributes that the collector has of the same accepts', async () => {
  await using collector = await startCollector();
  await using acceptor = await Acceptor.start();
  await using tracer = await TracerCommand.tracing(['-P', acceptor.ports.join(','), '--output', 'ndjson'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpEndpoint },
  });
  await connect(acceptor.targets(), 40, { awaits: true });
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0);
  assertLedger(stderr, { submitted: 40, drained: 40, delivered: 40, printed: 40 });
  const records = await collector.accepts();
  assert.equal(records.length, 40);
  assert.deepEqual(
    tracer.accepts,
    records.map(({ attributes, timeUnixNano }) => {
      const nanoseconds = String(timeUnixNano % 1_000_000_000n).padStart(9, '0');
      const seconds = new Date(Number(timeUnixNano / 1_000_000n)).toISOString().slice(0, 19);
      return { timestamp: `${seconds}.${nanoseconds}Z`, ...attributes };
    }),
  );
});

test('the table is tcpaccept(8)’s: a header, then a row an accept, IPv4 clients of IPv6 sockets as IPv6', async () => {
  await using acceptor = await Acceptor.start();
  await using tracer = await TracerCommand.tracing(['-P', acceptor.ports.join(',')]);
  await tracer.untilLines(1);
  assert.equal(tracer.stdout, 'PID     COMM         IP RADDR            RPORT LADDR            LPORT\n');
  const made = await connect(acceptor.targets(), 8, { awaits: true });
  const { code } = await tracer.stop();
  assert.equal(code, 0);
  const accepted = await acceptor.accepted(made.length);
  assert.deepEqual(
    tracer.lines.slice(1),
    made.map((client) => {
      const facts = accepted.find((one) => keyOfAccept(one) === keyOfAccept(client)) ?? assert.fail();
      return expectedTableRow(acceptor, facts);
    }),
  );
});

test('stdout’s reader leaves, with export on: it goes on exporting, and exits 0 at SIGTERM', async () => {
  await using collector = await startCollector();
  await using acceptor = await Acceptor.start();
  await using tracer = await TracerCommand.tracing(['-P', acceptor.ports.join(',')], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpEndpoint, OTEL_BLRP_SCHEDULE_DELAY: '50' },
  });
  await connect(acceptor.targets(), 2, { awaits: true });
  await tracer.untilLines(3);
  tracer.closeStdout();
  for (let total = 4; total <= 12; total += 2) {
    await connect(acceptor.targets(), 2, { awaits: true });
    await collector.waitForAccepts(total, { timeoutMillis: 30_000 });
  }
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  assertLedger(stderr, { submitted: 12, drained: 12, delivered: 12, printed: 2, unprinted: 10 });
  assert.equal(stderr.split('\n').length, 3, 'a reader that leaves is no reason to warn');
});

test('| head -n 3 with export off: it ends by itself, with 0', async () => {
  await using acceptor = await Acceptor.start();
  await using pipeline = await TracerCommand.tracing(['-P', acceptor.ports.join(',')], {
    command: ['sh', '-c', '{ "$@"; echo "exit $?" >&2; } | head -n 3', 'sh', ...COMMAND],
    detached: true,
  });
  // It learns that head is gone by the next row it prints.
  for (let row = 0; row < ENOUGH_ROWS && !pipeline.stderr.includes('exit'); row++) {
    await connect(acceptor.targets(), 1, { awaits: true });
  }
  await pipeline.until(() => pipeline.stderr.includes('exit'), 'the tracer has ended');
  const { stdout, stderr } = await pipeline.ended();
  assert.equal(stdout.split('\n').length, 4);
  assert.match(stderr, /^otel-tcpaccept: tracing [^\n]*\notel-tcpaccept: ledger [^\n]*\nexit 0\n$/);
  const { printed, unprinted } = readLedger(stderr);
  assert.ok(printed >= 2 && unprinted >= 1);
});

test('stderr’s reader leaves: tracing goes on, and it exits 0', async () => {
  await using collector = await startCollector();
  await using acceptor = await Acceptor.start();
  await using tracer = await TracerCommand.tracing(['-P', acceptor.ports.join(','), '--output', 'ndjson'], {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpEndpoint,
      OTEL_BLRP_SCHEDULE_DELAY: '50',
      OTEL_LOG_LEVEL: 'all',
    },
  });
  tracer.closeStderr();
  for (let total = 2; total <= 8; total += 2) {
    await connect(acceptor.targets(), 2, { awaits: true });
    await collector.waitForAccepts(total, { timeoutMillis: 30_000 });
  }
  const { code } = await tracer.stop();
  assert.equal(code, 0);
  assert.equal(tracer.accepts.length, 8);
});

test('nobody reads stdout: exporting goes on, and SIGTERM ends it in time, with what was not printed counted', async () => {
  await using collector = await startCollector();
  await using acceptor = await Acceptor.start();
  await using tracer = await TracerCommand.tracing(['-P', acceptor.ports.join(','), '--output', 'ndjson'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpEndpoint },
    reads: false,
  });
  await connect(acceptor.targets(), TOO_MANY, { awaits: false });
  await collector.waitForAccepts(TOO_MANY, { timeoutMillis: 60_000 });
  tracer.signal('SIGTERM');
  await tracer.until(() => tracer.stderr.includes('ledger'), 'it has said what became of every accept');
  tracer.readStdout();
  const { code, millis, stderr } = await tracer.ended();
  assert.equal(code, 0, stderr);
  assert.ok(millis < 5000, `${millis} ms`);
  const { printed, unprinted } = readLedger(stderr);
  assertLedger(stderr, { submitted: TOO_MANY, drained: TOO_MANY, delivered: TOO_MANY, printed, unprinted });
  assert.ok(unprinted > 0 && tracer.lines.length >= printed, stderr);
});
