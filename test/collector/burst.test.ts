import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mostSkipped } from '../kernel/state-skips.ts';
import { type AcceptFacts, Acceptor } from './acceptor.ts';
import { startCollector } from './collector.ts';
import { connect } from './connector.ts';
import {
  assertRecord,
  type ExpectedProcess,
  expectedProcess,
  isWhole,
  keyOfAccept,
  keyOfRecord,
} from './expected-record.ts';
import { assertLedger, readLedger } from './ledger-line.ts';
import { TracerCommand } from './tracer-command.ts';

const ACCEPTS = 20_000;

test(`${ACCEPTS} accepts as fast as one client can: as many records, each once, every field right, none dropped`, async () => {
  await using collector = await startCollector();
  await using web = await Acceptor.start();
  await using api = await Acceptor.start();
  const processes = [expectedProcess(web), expectedProcess(api)];
  const ports = [...web.ports, ...api.ports];
  // Nothing else is set: what is under test are the defaults.
  await using tracer = await TracerCommand.tracing(['-P', ports.join(','), '--output', 'ndjson'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpEndpoint },
  });

  const made = await connect([...web.targets(), ...api.targets()], ACCEPTS, { awaits: false });
  const accepted: (readonly [string, { process: ExpectedProcess; facts: AcceptFacts }])[] = [];
  for (const process of processes) {
    const { acceptor } = process;
    const count = made.filter(({ localPort }) => acceptor.ports.includes(localPort)).length;
    for (const facts of await acceptor.accepted(count)) accepted.push([keyOfAccept(facts), { process, facts }]);
  }
  assert.equal(accepted.length, ACCEPTS);
  assert.deepEqual(accepted.map(([key]) => key).sort(), made.map(keyOfAccept).sort());

  await collector.waitForAccepts(ACCEPTS, { timeoutMillis: 60_000 });
  await tracer.untilLines(ACCEPTS);
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  assertLedger(stderr, { submitted: ACCEPTS, drained: ACCEPTS, delivered: ACCEPTS, printed: ACCEPTS });
  assert.equal(stderr.split('\n').length, 3, stderr);

  const records = await collector.accepts();
  assert.equal(records.length, ACCEPTS);
  const uids = new Set(records.map(({ attributes }) => attributes['log.record.uid']));
  assert.equal(uids.size, ACCEPTS);
  assert.deepEqual(new Set(tracer.accepts.map((row) => row['log.record.uid'])), uids);
  // A client's port is soon used again: connections that look alike were accepted one after another by one process.
  let parts = 0;
  const byKey = Map.groupBy(accepted, ([key]) => key);
  for (const record of records.toSorted((a, b) => Number(a.timeUnixNano - b.timeUnixNano))) {
    const key = keyOfRecord(record);
    const [, { process, facts }] =
      byKey.get(key)?.shift() ?? assert.fail(`${key}: more than once, or no accept of ours`);
    if (isWhole(record)) assertRecord(record, process, facts);
    else parts++;
  }
  assert.ok([...byKey.values()].every((left) => left.length === 0));
  assert.ok(
    parts <= mostSkipped(ACCEPTS, readLedger(stderr).unstamped),
    `${parts} lack their cookie or their time in the queue`,
  );
});
