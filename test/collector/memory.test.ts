import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUILT, residentMib } from '../../bench/built-command.ts';
import { Acceptor } from './acceptor.ts';
import { connect } from './connector.ts';
import { freePorts } from './free-ports.ts';
import { assertIdentities, readLedger, readLedgers } from './ledger-line.ts';
import { TracerCommand } from './tracer-command.ts';

const MOST_MIB = 160;
const MOST_IDLE_MIB = 80;
const ACCEPTS_OF_A_ROUND = 10_000;
const MOST_ROUNDS = 10;
const ROUNDS_TO_DISK = 8;

test(`a backlog that is full, and rows to a reader meanwhile: never more than ${MOST_MIB} MiB`, async () => {
  await using acceptor = await Acceptor.start();
  await using tracer = await traceToNobody(acceptor, ['--output', 'ndjson', '--spool', 'off']);
  const dropped = () => tracer.stderr.includes('records dropped');
  let rounds = 0;
  for (; rounds < MOST_ROUNDS && !dropped(); rounds++) {
    await connect(acceptor.targets(), ACCEPTS_OF_A_ROUND, { awaits: false });
    await acceptor.hasAccepted((rounds + 1) * ACCEPTS_OF_A_ROUND);
    await tracer.untilLines((rounds + 1) * ACCEPTS_OF_A_ROUND);
  }
  assert.ok(dropped(), 'the queue was never full');
  const peakMib = residentMib(tracer.pid, 'VmHWM');
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  const ledger = readLedger(stderr);
  assertIdentities(ledger, stderr);
  assert.equal(ledger.printed, rounds * ACCEPTS_OF_A_ROUND, stderr);
  assert.ok(peakMib <= MOST_MIB, `${peakMib} MiB`);
});

test(`a backlog that goes to disk: ${MOST_IDLE_MIB} MiB before it, and never more than ${MOST_MIB}`, async () => {
  const accepts = ROUNDS_TO_DISK * ACCEPTS_OF_A_ROUND;
  await using acceptor = await Acceptor.start();
  await using tracer = await traceToNobody(acceptor, ['--output', 'none']);
  // Shown once what follows the line that says it traces is done.
  const counts = async () => {
    const shown = readLedgers(tracer.stderr).length;
    process.kill(tracer.pid, 'SIGUSR1');
    await tracer.until(() => readLedgers(tracer.stderr).length > shown, 'it shows its ledger');
    return readLedgers(tracer.stderr).at(-1);
  };
  await counts();
  const idleMib = residentMib(tracer.pid);
  for (let round = 1; round <= ROUNDS_TO_DISK; round++) {
    await connect(acceptor.targets(), ACCEPTS_OF_A_ROUND, { awaits: false });
    await acceptor.hasAccepted(round * ACCEPTS_OF_A_ROUND);
  }
  const peakMib = residentMib(tracer.pid, 'VmHWM');
  const onDisk = (await counts())?.spooled ?? 0;
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  const ledger = readLedgers(stderr).at(-1);
  assert.ok(ledger);
  assertIdentities(ledger, stderr);
  assert.equal(ledger.spooled, accepts, stderr);
  assert.ok(onDisk > accepts / 2, `${onDisk} were on disk before the end`);
  assert.ok(idleMib <= MOST_IDLE_MIB, `${idleMib} MiB before the first accept`);
  assert.ok(peakMib <= MOST_MIB, `${peakMib} MiB`);
});

/** Exports to an endpoint that nobody listens on, every accept a record. */
async function traceToNobody(acceptor: Acceptor, args: readonly string[]): Promise<TracerCommand> {
  const [port] = await freePorts(1);
  return await TracerCommand.tracing(['-P', acceptor.ports.join(','), '--mode', 'events', ...args], {
    command: BUILT,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` },
  });
}
