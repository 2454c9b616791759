import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { EVENTS } from '../../src/record/events.ts';
import { type Answer, type JsonRecord, OtlpServer, TAKEN } from '../export/otlp-server.ts';
import { buildFlood, Flood } from '../kernel/flood.ts';
import { readLedgers } from './ledger-line.ts';
import { TracerCommand } from './tracer-command.ts';

const ROUNDS = 12;
const CONNECTIONS = 300;
/** `ExportLogsServiceResponse { partial_success { rejected_log_records: 1 } }` */
const ONE_REFUSED: Answer = {
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: '{"partialSuccess":{"rejectedLogRecords":"1"}}',
};
const REFUSED: Answer = { status: 400 };
const TOO_LARGE: Answer = { status: 413 };
const NOT_NOW: Answer = { status: 503 };

const { program, remove } = buildFlood();
after(remove);

function attributeOf({ attributes }: JsonRecord, name: string): number | string | undefined {
  const value = attributes.find(({ key }) => key === name)?.value;
  return value?.stringValue ?? (value && Number(value.intValue));
}

function acceptsOf(record: JsonRecord): number {
  if (record.eventName === EVENTS.accepted.name) return 1;
  return record.eventName === EVENTS.summarized.name ? Number(attributeOf(record, 'tcpaccept.summary.count')) : 0;
}

/** Floods a tracer whose endpoint gives one answer of `answers` after the other, and NOT_NOW at the end. */
async function flooded(answers: readonly Answer[], spool: readonly string[]) {
  let isOver = false;
  const given: Answer[] = [];
  await using server = await OtlpServer.start((number) => {
    given[number] = isOver ? NOT_NOW : (answers[number % answers.length] ?? TAKEN);
    return given[number];
  });
  await using flood = await Flood.start(program);
  // So small a ring that each round has records and summaries.
  const args = ['-P', flood.ports.join(), '--output', 'none', '--ring-bytes', '4096', '--summary-interval', '0.1'];
  await using tracer = await TracerCommand.tracing([...args, ...spool], {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: server.endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BLRP_SCHEDULE_DELAY: '100',
    },
  });
  const recordsOf = (answer: (answer: Answer | undefined) => boolean) =>
    server.requests.flatMap(({ body }, number) => {
      if (!answer(given[number])) return [];
      const { resourceLogs } = JSON.parse(body.toString());
      return [resourceLogs[0].scopeLogs[0].logRecords as JsonRecord[]];
    });
  const flat = (some: (answer: Answer | undefined) => boolean) => recordsOf(some).flat();
  const told = () =>
    new Map(flat(() => true).map((record) => [attributeOf(record, 'log.record.uid'), acceptsOf(record)]));
  const total = (counts: Iterable<number>) => [...counts].reduce((sum, count) => sum + count, 0);
  for (let round = 1; round <= ROUNDS; round++) {
    if (round === ROUNDS) isOver = true;
    await flood.run({ connections: CONNECTIONS, sources: 20 });
    await tracer.until(() => total(told().values()) >= CONNECTIONS * round, `round ${round} was sent`);
  }
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  const ledger = readLedgers(stderr).at(-1) ?? assert.fail(stderr);
  return { ledger, flat, recordsOf, accepts: (some: readonly JsonRecord[]) => total(some.map(acceptsOf)) };
}

test('requests refused, too large and not taken at the end: every accept was taken, or counted with its cause', async () => {
  const { ledger, flat, accepts } = await flooded([TAKEN, REFUSED, TAKEN, TOO_LARGE], ['--spool', 'off']);
  const refused = flat((answer) => answer === REFUSED);
  const single = flat((answer) => answer === TOO_LARGE);
  assert.ok(refused.length > 0 && single.length > 0);
  assert.equal(ledger.drained + ledger.summarized, ROUNDS * CONNECTIONS);
  assert.ok(ledger.rejected_accepts > ledger.rejected && ledger.dropped_accepts > ledger.dropped);
  assert.equal(
    accepts(flat((answer) => answer === TAKEN)) + ledger.rejected_accepts + ledger.dropped_accepts,
    ledger.drained + ledger.summarized,
  );
  // What was lost before the last that was taken is told of.
  const losses = flat(() => true).filter(({ eventName }) => eventName === EVENTS.lost.name);
  const byUid = new Map(losses.map((loss) => [attributeOf(loss, 'log.record.uid'), loss]));
  const toldOf = [...byUid.values()].reduce(
    (sum, loss) => sum + Number(attributeOf(loss, 'tcpaccept.loss.accepts')),
    0,
  );
  assert.ok(toldOf > ledger.rejected && toldOf <= ledger.rejected_accepts, `${toldOf}`);
});

test('a partial success names no records: the most they can stand for is counted, never less than was lost', async () => {
  const { ledger, flat, recordsOf, accepts } = await flooded([ONE_REFUSED], ['--spool', 'off']);
  const largest = recordsOf((answer) => answer === ONE_REFUSED).map((some) => Math.max(...some.map(acceptsOf)));
  assert.equal(
    ledger.rejected_accepts,
    largest.reduce((sum, count) => sum + count, 0),
  );
  assert.equal(
    accepts(flat((answer) => answer === ONE_REFUSED)) + ledger.dropped_accepts,
    ledger.drained + ledger.summarized,
  );
});
