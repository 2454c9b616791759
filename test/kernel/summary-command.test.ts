import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { RECORD_BYTES } from '../../src/kernel/record-layout.ts';
import { readLedger } from '../collector/ledger-line.ts';
import { TracerCommand } from '../collector/tracer-command.ts';
import { buildFlood, Flood } from './flood.ts';

const { program, remove } = buildFlood();
after(remove);

test('--mode summary --count: events once an interval, none of an accept, and it stops when that many are told of', async () => {
  await using flood = await Flood.start(program);
  const args = ['--mode', 'summary', '--summary-interval', '0.1', '--output', 'ndjson', '--count', '300'];
  await using tracer = await TracerCommand.tracing([...args, '-P', flood.ports.join()]);
  assert.match(tracer.stderr, / mode=summary export=off\n/);
  await flood.run({ connections: 299, sources: 5 });
  await tracer.until(() => told() === 299, '299 are told of');
  await flood.run({ connections: 51, sources: 5 });
  const { code, stderr } = await tracer.ended();
  assert.equal(code, 0, stderr);

  function told(): number {
    return tracer.rows.reduce((sum, row) => sum + Number(row['tcpaccept.summary.count'] ?? 0), 0);
  }
  // An accept of somebody else's that cannot be read is a loss of this host's.
  const kinds = new Set(tracer.rows.map((row) => row['event_name']));
  kinds.delete('tcpaccept.records.lost');
  assert.deepEqual([...kinds], ['tcpaccept.connections.summarized']);
  // An interval may end among the last of them, and so the tracer before they are all accepted.
  assert.ok(told() >= 300 && told() <= 350, `${told()}`);
  const { aggregated, summarized, in_summaries, submitted, reports } = readLedger(stderr);
  assert.deepEqual([aggregated, summarized, in_summaries, submitted, reports], [told(), told(), 0, 0, 0]);
});

test('--mode summary with a table and no export has nothing to show, and says so', async () => {
  await using tracer = await TracerCommand.tracing(['--mode', 'summary']);
  await tracer.until(() => tracer.stderr.includes('--mode summary makes no rows'), 'it says so');
});

test('--mode events never counts: what finds the ring full is lost, as a ledger and an event say', async () => {
  await using flood = await Flood.start(program);
  const args = ['--mode', 'events', '--ring-bytes', '4096', '--output', 'ndjson', '-P', flood.ports.join()];
  await using tracer = await TracerCommand.tracing(args);
  tracer.signal('SIGSTOP');
  await flood.run({ connections: 100 });
  tracer.signal('SIGCONT');
  const { stderr } = await tracer.stop();
  const { aggregated, drained, ring_full } = readLedger(stderr);
  const held = Math.floor(4096 / (RECORD_BYTES + 8));
  assert.deepEqual([aggregated, drained, ring_full], [0, held, 100 - held]);
  assert.equal(tracer.rows.filter((row) => row['tcpaccept.loss.cause'] === 'ring_full').length, 1);
});
