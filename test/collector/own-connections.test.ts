import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OtlpServer } from '../export/otlp-server.ts';
import { mostSkipped } from '../kernel/state-skips.ts';
import { Acceptor } from './acceptor.ts';
import type { CollectedRecord } from './collected-record.ts';
import { startCollector } from './collector.ts';
import { connect } from './connector.ts';
import { keyOfAccept, keyOfRecord } from './expected-record.ts';
import { readLedger } from './ledger-line.ts';
import { TracerCommand } from './tracer-command.ts';

const ROUNDS = 6;
/** Whoever accepts, but where nobody else does: rows of a flood of others on this host would be more than are read in time. */
const ALL_HERE = ['--output', 'ndjson', '--netns', '/proc/self/ns/net'];

for (const protocol of ['http/protobuf', 'http/json', 'grpc']) {
  test(`idle over ${protocol}: the tracer's own connection to a collector on this host is no record, and counted`, async () => {
    await using collector = await startCollector();
    await using acceptor = await Acceptor.start();
    const [port, endpoint] =
      protocol === 'grpc'
        ? [collector.ports.grpc, collector.grpcEndpoint]
        : [collector.ports.http, collector.httpEndpoint];
    await using tracer = await TracerCommand.tracing(ALL_HERE, {
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_BLRP_SCHEDULE_DELAY: '20',
      },
    });
    const made: string[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      made.push(...(await connect(acceptor.targets(), 1, { awaits: true })).map(keyOfAccept));
      // Each export has been answered before the next accept: an accept that an export caused would be in it.
      await collector.waitForRecords(
        (records) => made.every((key) => records.some((one) => keyOfRecord(one) === key)),
        {
          timeoutMillis: 30_000,
        },
      );
    }
    const { code, stderr } = await tracer.stop();
    assert.equal(code, 0, stderr);
    const { self, delivered, drained, reports, unstamped } = readLedger(stderr);
    assert.ok(self >= 1, stderr);
    // Accepts of other processes that nobody could read are told of too.
    assert.equal(delivered, drained + reports);
    const records = await collector.records();
    // Where the kernel could not show us a change of state, which it counts, one of ours may look like any other.
    const ours = ({ attributes: a }: CollectedRecord) =>
      a['network.local.port'] === port && a['process.pid'] === collector.pid;
    assert.ok(records.filter(ours).length <= mostSkipped(1, unstamped), stderr);
    assert.deepEqual(
      records.filter(({ attributes }) => attributes['process.pid'] === acceptor.facts.pid).map(keyOfRecord),
      made,
    );
  });
}

test('each of many connections to an endpoint that keeps none open is counted, and none is a record', async () => {
  await using server = await OtlpServer.start(() => ({ status: 200, headers: { connection: 'close' } }));
  await using acceptor = await Acceptor.start();
  await using tracer = await TracerCommand.tracing(ALL_HERE, {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: server.endpoint, OTEL_BLRP_SCHEDULE_DELAY: '20' },
  });
  for (let round = 1; round <= ROUNDS; round++) {
    const before = server.requests.length;
    await connect(acceptor.targets(), 1, { awaits: true });
    await tracer.until(() => server.requests.length > before, 'it has exported once more');
  }
  const before = server.requests.length;
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  const { self, delivered, drained, reports, printed, unstamped } = readLedger(stderr);
  assert.deepEqual([delivered, printed], [drained + reports, drained]);
  const acceptedBy = (pid: number) => tracer.accepts.filter((row) => row['process.pid'] === pid);
  // Where the kernel could not show us a change of state, which it counts, one of ours may look like any other.
  const shown = acceptedBy(process.pid).filter((row) => row['network.local.port'] === server.port).length;
  assert.ok(shown <= mostSkipped(ROUNDS, unstamped), stderr);
  // What is exported at the end, when nothing is seen any more, is in no count.
  assert.ok(before <= self + shown && self + shown <= server.requests.length, stderr);
  assert.equal(acceptedBy(acceptor.facts.pid).length, ROUNDS);
});
