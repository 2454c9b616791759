import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordsThatFit } from '../../src/kernel/record-layout.ts';
import { answer, partialSuccess, reset, taken } from '../export/transport/behaviours.ts';
import { HostileServer } from '../export/transport/hostile-server.ts';
import { Acceptor } from './acceptor.ts';
import { startCollector } from './collector.ts';
import { connect } from './connector.ts';
import { assertIdentities, readLedgers } from './ledger-line.ts';
import { TracerCommand } from './tracer-command.ts';

const RING = { bytes: 4096, records: recordsThatFit(4096) };
const ACCEPTS = 500;

test('SIGUSR1 shows the ledger, whose sums hold while accepts go on', async () => {
  await using collector = await startCollector();
  await using acceptor = await Acceptor.start();
  await using tracer = await TracerCommand.tracing(['-P', acceptor.ports.join(','), '--output', 'ndjson'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpEndpoint, OTEL_BLRP_SCHEDULE_DELAY: '10' },
  });
  const LOOKS = 20;
  let made = 0;
  for (let look = 1; look <= LOOKS; look++) {
    made += (await connect(acceptor.targets(), 50, { awaits: false })).length;
    tracer.signal('SIGUSR1');
    await tracer.until(() => readLedgers(tracer.stderr).length >= look, `it shows ledger ${look}`);
  }
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  const ledgers = readLedgers(stderr);
  assert.equal(ledgers.length, LOOKS + 1);
  const last = ledgers.at(-1);
  // Accepts of other processes that nobody could read are told of too.
  assert.deepEqual([last?.drained, last?.delivered], [made, made + (last?.reports ?? 0)]);
  assert.ok(ledgers.every(({ seen }, i) => seen >= (ledgers[i - 1]?.seen ?? 0)));
  assert.deepEqual(tracer.ledgers, ledgers);
  for (const ledger of tracer.ledgers) assertIdentities(ledger, JSON.stringify(ledger));
});

test('the sums hold at every moment: read over and over while rows wait, requests fail and accepts are lost', async () => {
  await using acceptor = await Acceptor.start();
  let requests = 0;
  await using server = await HostileServer.start((number) => {
    requests++;
    return [taken, answer(503), reset, partialSuccess(1, 'one'), answer(400)][number % 5] ?? taken;
  });
  await using tracer = await TracerCommand.tracing(['-P', acceptor.ports.join(','), '--output', 'ndjson'], {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: server.endpoint,
      OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '64',
      OTEL_BLRP_MAX_QUEUE_SIZE: '256',
      OTEL_BLRP_SCHEDULE_DELAY: '10',
      TCPACCEPT_RING_BYTES: String(RING.bytes),
      TCPACCEPT_MODE: 'events',
    },
  });
  const load = connect(acceptor.targets(), 6000, { awaits: false });
  let isOver = false;
  void load.finally(() => {
    isOver = true;
  });
  let looks = 0;
  for (; !isOver || looks < 100; looks++) {
    tracer.signal('SIGUSR1');
    await tracer.until(() => ledgerLines(tracer.stderr) > looks, `it shows ledger ${looks + 1}`);
  }
  await load;
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0);
  // Each is checked as it is read.
  const ledgers = readLedgers(stderr);
  assert.equal(ledgers.length, looks + 1);
  for (const ledger of tracer.ledgers) assertIdentities(ledger, JSON.stringify(ledger));
  const moving = (['queued', 'rejected', 'delivered', 'dropped', 'ring_full'] as const).filter((name) =>
    ledgers.some((ledger) => ledger[name] > 0),
  );
  assert.ok(moving.length >= 4, `only ${moving.join(', ')} ever moved`);
  assert.ok(requests >= 5, `${requests} requests: not every answer was given`);
});

test('accepts lost to a full ring are told of: in records that add up to the ledger’s count', async () => {
  await using collector = await startCollector();
  await using acceptor = await Acceptor.start();
  await using tracer = await TracerCommand.tracing(['-P', acceptor.ports.join(','), '--output', 'ndjson'], {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpEndpoint,
      OTEL_BLRP_SCHEDULE_DELAY: '10',
      TCPACCEPT_RING_BYTES: String(RING.bytes),
      TCPACCEPT_MODE: 'events',
    },
  });
  // A tracer that does not run reads nothing.
  tracer.signal('SIGSTOP');
  for (let round = 0; round < 2; round++) {
    await connect(acceptor.targets(), ACCEPTS / 2, { awaits: false });
    await acceptor.accepted((round + 1) * (ACCEPTS / 2));
    tracer.signal('SIGCONT');
    const lost = (
      await collector.waitForRecords((records) => records.filter(isLoss).length > round, {
        timeoutMillis: 20_000,
      })
    ).filter(isLoss);
    assert.equal(lost.length, round + 1);
    if (round === 0) tracer.signal('SIGSTOP');
  }
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  const [ledger] = readLedgers(stderr);
  assert.equal(ledger?.ring_full, ACCEPTS - 2 * RING.records);
  assert.equal(ledger.reports, 2);

  const records = await collector.records();
  const losses = records.filter(isLoss);
  for (const { attributes, severityNumber, body } of losses) {
    assert.equal(attributes['tcpaccept.loss.cause'], 'ring_full');
    assert.equal(attributes['tcpaccept.loss.count'], ACCEPTS / 2 - RING.records);
    assert.ok(Number(attributes['tcpaccept.interval.duration']) > 0);
    assert.equal(severityNumber, 13);
    assert.equal(body, `${ACCEPTS / 2 - RING.records} accepts lost: ring_full`);
  }
  assert.equal(new Set(records.map(({ attributes }) => attributes['log.record.uid'])).size, records.length);
  const shown = tracer.rows.filter((row) => row['event_name'] === 'tcpaccept.records.lost');
  assert.deepEqual(
    shown.map((row) => row['log.record.uid']),
    losses.map(({ attributes }) => attributes['log.record.uid']),
  );
});

function isLoss({ eventName }: { readonly eventName: string }): boolean {
  return eventName === 'tcpaccept.records.lost';
}

function ledgerLines(stderr: string): number {
  return stderr.split('otel-tcpaccept: ledger ').length - 1;
}
