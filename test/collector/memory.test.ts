import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Acceptor } from './acceptor.ts';
import { connect } from './connector.ts';
import { freePorts } from './free-ports.ts';
import { assertIdentities, readLedger } from './ledger-line.ts';
import { TracerCommand } from './tracer-command.ts';

/** Of the built command: with the sources Node.js strips types, in memory of its own. */
const BUILT = ['../../build/node', '../../dist/cli/main.js'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);
const MOST_MIB = 160;
const ACCEPTS_OF_A_ROUND = 10_000;
const MOST_ROUNDS = 10;

test(`a backlog that is full, and rows to a reader meanwhile: never more than ${MOST_MIB} MiB`, async () => {
  const [port] = await freePorts(1);
  const [program = '', script = ''] = BUILT;
  await using acceptor = await Acceptor.start();
  await using tracer = await TracerCommand.tracing(['-P', acceptor.ports.join(','), '--output', 'ndjson'], {
    command: [program, script],
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` },
  });
  const dropped = () => tracer.stderr.includes('records dropped');
  let rounds = 0;
  for (; rounds < MOST_ROUNDS && !dropped(); rounds++) {
    await connect(acceptor.targets(), ACCEPTS_OF_A_ROUND, { awaits: false });
    await tracer.untilLines((rounds + 1) * ACCEPTS_OF_A_ROUND);
  }
  assert.ok(dropped(), 'the queue was never full');
  const peakKib = Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${tracer.pid}/status`, 'utf8'))?.[1]);
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  const ledger = readLedger(stderr);
  assertIdentities(ledger, stderr);
  assert.equal(ledger.printed, rounds * ACCEPTS_OF_A_ROUND);
  assert.ok(peakKib / 1024 <= MOST_MIB, `${peakKib / 1024} MiB`);
});
