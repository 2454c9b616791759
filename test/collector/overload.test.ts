import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { buildFlood, Flood, type FloodConnection } from '../kernel/flood.ts';
import type { CollectedRecord } from './collected-record.ts';
import { startCollector } from './collector.ts';
import { readLedger } from './ledger-line.ts';
import { TracerCommand } from './tracer-command.ts';

const { program, remove } = buildFlood();
after(remove);

/** What a flood may take on top of what a first connection did: the queue's records, mostly. */
const MOST_GROWTH_KIB = 64 * 1024;
const timeoutMillis = 60_000;

function tally(pairs: Iterable<readonly [string, number]>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [key, count] of pairs) counts[key] = (counts[key] ?? 0) + count;
  return counts;
}

/** How many connections of each listener and client records and summaries tell of, each record once. */
function told(records: readonly CollectedRecord[]): Record<string, number> {
  const byUid = new Map(
    records.map(({ attributes, eventName }) => [attributes['log.record.uid'], { attributes, eventName }]),
  );
  assert.equal(byUid.size, records.length);
  return tally(
    [...byUid.values()]
      .filter(({ eventName }) => eventName.startsWith('tcpaccept.connection'))
      .map(({ attributes: a }) => [
        `${a['network.local.port']} ${a['network.local.address']} ${a['network.peer.address']}`,
        Number(a['tcpaccept.summary.count'] ?? 1),
      ]),
  );
}

const made = (connections: readonly FloodConnection[]) =>
  tally(connections.map(({ port, local, source }) => [`${port} ${local} ${source}`, 1]));

function peakRssKib(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

test('a collector that hangs twice in a flood: summaries in between, every connection told of, records again', async (t) => {
  const seed = Date.now();
  t.diagnostic(`seed ${seed}`);
  await using collector = await startCollector();
  await using flood = await Flood.start(program, { acceptors: 3, clients: 3, listeners: 2 });
  const args = [
    '-P',
    flood.ports.join(),
    '--output',
    'none',
    '--summary-interval',
    '0.5',
    '--ring-bytes',
    '256K',
    '--spool',
    'off',
  ];
  await using tracer = await TracerCommand.tracing(args, {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpEndpoint, OTEL_BLRP_MAX_QUEUE_SIZE: '4096' },
  });
  const ledger = async () => {
    const before = tracer.stderr.length;
    tracer.signal('SIGUSR1');
    const line = () => /otel-tcpaccept: ledger .*\n/.exec(tracer.stderr.slice(before))?.[0];
    await tracer.until(() => line() !== undefined, 'it shows the ledger');
    return readLedger(line() ?? '');
  };
  const round = (number: number, connections: number) =>
    flood.run({ connections, sources: 30, locals: 2, seed: seed + number });

  await round(0, 1);
  await collector.waitForRecords(1, { timeoutMillis });
  const startKib = peakRssKib(tracer.pid);
  for (const hang of [1, 2]) {
    await round(10 * hang, 200);
    collector.kill('SIGSTOP');
    // So slowly that the ring never fills: it is the queue that has no more room.
    const before = (await ledger()).aggregated;
    for (let now = await ledger(); now.aggregated === before; now = await ledger()) {
      if (now.in_ring === 0) await round(10 * hang + 1, 200);
    }
    await round(10 * hang + 2, 30_000);
    const { aggregated, queued, dropped } = await ledger();
    assert.ok(aggregated - before > 20_000, `${aggregated - before} counted by the kernel in hang ${hang}`);
    assert.ok(queued <= 4096);
    assert.equal(dropped, 0);
    collector.kill('SIGCONT');
    // What comes now is recorded one by one again as soon as the overload is over, which nobody tells it.
    const deadline = performance.now() + timeoutMillis;
    for (let submitted = (await ledger()).submitted, now = submitted; now < submitted + 100; ) {
      assert.ok(performance.now() < deadline, `no records again after hang ${hang}:\n${tracer.stderr}`);
      await round(10 * hang + 3, 100);
      now = (await ledger()).submitted;
    }
  }
  const growthKib = peakRssKib(tracer.pid) - startKib;
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  const connections = await flood.end();
  const last = readLedger(stderr.slice(stderr.lastIndexOf('otel-tcpaccept: ledger')));
  t.diagnostic(
    `${connections.length} connections, ${last.drained} records, ${last.summarized} in ${last.reports} summaries, ${growthKib} KiB more`,
  );
  assert.equal(last.drained + last.summarized, connections.length);
  assert.equal(last.delivered, last.drained + last.reports);
  assert.deepEqual([last.ring_full, last.dropped, last.rejected, last.in_summaries, last.coarsened], [0, 0, 0, 0, 0]);
  assert.match(stderr, /warning: overload: the export is \d+% full; /);
  assert.match(stderr, /warning: overload over after [\d.]+ s: \d+ accepts were counted in summaries/);
  assert.ok(growthKib < MOST_GROWTH_KIB, `${growthKib} KiB`);
  assert.deepEqual(told(await collector.records()), made(connections));
});

test('a tracer that is stopped in a flood: the kernel counts what the ring has no room for, and nothing is lost', async (t) => {
  await using collector = await startCollector();
  await using flood = await Flood.start(program, { acceptors: 3, clients: 3 });
  const args = ['-P', flood.ports.join(), '--output', 'none', '--ring-bytes', '64K', '--spool', 'off'];
  await using tracer = await TracerCommand.tracing(args, {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpEndpoint },
  });
  tracer.signal('SIGSTOP');
  await flood.run({ connections: 20_000, sources: 30 });
  tracer.signal('SIGCONT');
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  const { drained, summarized, ring_full, delivered, reports } = readLedger(stderr);
  t.diagnostic(`${drained} records, ${summarized} in ${reports} summaries`);
  assert.equal(ring_full, 0);
  assert.equal(drained + summarized, 20_000);
  assert.equal(delivered, drained + reports);
  assert.ok(drained > 0 && summarized > 10_000);
  const records = await collector.records();
  assert.deepEqual(told(records), made(await flood.end()));

  const summary = records.find(({ eventName }) => eventName === 'tcpaccept.connections.summarized');
  assert.ok(summary);
  const { attributes: a, attributeTypes: types } = summary;
  assert.equal(summary.severityNumber, 9);
  assert.match(
    String(summary.body),
    /^flood\[\d+\] accepted \d+ connections from 127\.\d+\.\d+\.\d+ on 127\.\d+\.\d+\.\d+:\d+$/,
  );
  assert.deepEqual([a['process.pid'], a['thread.name'], a['process.executable.path']], [flood.pid, 'flood', program]);
  assert.deepEqual([a['network.transport'], a['network.type'], a['tcpaccept.summary.key']], ['tcp', 'ipv4', 'peer']);
  assert.match(String(a['tcpaccept.first_accept.time']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
  assert.ok(String(a['tcpaccept.first_accept.time']) <= String(a['tcpaccept.last_accept.time']));
  assert.ok(Number(a['tcpaccept.accept_queue.max_duration']) <= Number(a['tcpaccept.accept_queue.total_duration']));
  assert.equal(types['tcpaccept.interval.duration'], 'double');
  assert.equal(types['tcpaccept.summary.count'], 'int');
});
