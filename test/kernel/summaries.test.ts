import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { AcceptSummary } from '../../src/kernel/accept-summary.ts';
import { AcceptTracer } from '../../src/kernel/accept-tracer.ts';
import { decodeSummaries } from '../../src/kernel/decode-summaries.ts';
import { loadNative } from '../../src/kernel/native.ts';
import { openSession, type TracerSettings } from '../../src/kernel/open-session.ts';
import { RECORD_BYTES } from '../../src/kernel/record-layout.ts';
import { SUMMARY_BYTES } from '../../src/kernel/summary-layout.ts';
import { buildFlood, Flood, type FloodConnection } from './flood.ts';

const LEAST_TURNS = 1000;

const { program, remove } = buildFlood();
after(remove);

/** A tracer that keeps what it hands over. */
class SummaryTrace {
  readonly tracer: AcceptTracer;
  readonly summaries: AcceptSummary[] = [];
  /** `port local peer` of each record. */
  readonly recorded: string[] = [];

  constructor(settings: Partial<TracerSettings>, intervalMillis: number) {
    this.tracer = new AcceptTracer({ hook: 'syscall', ringBytes: 1 << 20, self: 'none', ...settings });
    this.tracer.run(
      ({ connections }) => {
        for (const { localPort, localAddress, peerAddress } of connections) {
          this.recorded.push(`${localPort} ${localAddress} ${peerAddress}`);
        }
      },
      { summaries: { intervalMillis, onSummaries: (summaries) => this.summaries.push(...summaries) } },
    );
  }

  get summarized(): number {
    return this.summaries.reduce((sum, { accepts }) => sum + accepts, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tracer[Symbol.asyncDispose]();
  }
}

function tally(keys: Iterable<readonly [string, number]>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [key, count] of keys) counts.set(key, (counts.get(key) ?? 0) + count);
  return counts;
}

function keyOf({ port, local, source }: FloodConnection): string {
  return `${port} ${local} ${source}`;
}

function keyOfSummary({ listener, peerAddress }: AcceptSummary): string {
  return `${listener?.localPort} ${listener?.localAddress} ${peerAddress}`;
}

/** Fails on the first keys that differ, which is all one can read. */
function assertTally(actual: Map<string, number>, expected: Map<string, number>): void {
  const wrong = [...new Set([...actual.keys(), ...expected.keys()])].filter(
    (key) => actual.get(key) !== expected.get(key),
  );
  const shown = wrong.slice(0, 5).map((key) => `${key}: ${actual.get(key)}, not ${expected.get(key)}`);
  assert.equal(wrong.length, 0, shown.join('\n'));
}

test('mode summary: no record, and exact counts of each listener, process and client, while they are read', async (t) => {
  const seed = Date.now();
  t.diagnostic(`seed ${seed}`);
  await using one = await Flood.start(program, { listeners: 2 });
  await using other = await Flood.start(program);
  const settings = { mode: 'summary', ports: [...one.ports, ...other.ports] } as const;
  await using trace = new SummaryTrace(settings, 50);

  const round = { connections: 20_000, sources: 40, locals: 3, seed };
  await Promise.all([one.run(round), other.run({ ...round, seed: seed + 1 })]);
  await trace.tracer.stop();
  const counts = trace.tracer.counts();

  assert.equal(counts.aggregated, 40_000);
  assert.deepEqual([counts.submitted, counts.ring_full, counts.unreadable, counts.missed], [0, 0, 0, 0]);
  assert.equal(counts.in_summaries, 0);
  assert.equal(trace.summarized, 40_000);
  assert.deepEqual(trace.recorded, []);
  assert.ok(trace.summaries.length > 700, `${trace.summaries.length} summaries: all in one interval tell nothing`);
  for (const flood of [one, other]) {
    const made = tally((await flood.end()).map((connection) => [keyOf(connection), 1]));
    const own = trace.summaries.filter(({ process }) => process?.pid === flood.pid);
    assertTally(tally(own.map((summary) => [keyOfSummary(summary), summary.accepts])), made);
  }
  for (const summary of trace.summaries) {
    assert.equal(summary.level, 'peer');
    assert.equal(summary.process?.comm, 'flood');
    assert.ok(summary.queueKnown <= summary.accepts);
    assert.ok(summary.firstBootNs <= summary.lastBootNs);
    assert.ok(summary.queueDurationMaxNs <= summary.queueDurationSumNs);
    assert.ok(summary.queueDurationSumNs <= summary.queueDurationMaxNs * BigInt(summary.queueKnown));
  }
  // A handshake that ends in an interrupt of the program which stamps it is not stamped.
  const known = trace.summaries.reduce((sum, { queueKnown }) => sum + queueKnown, 0);
  assert.ok(known > 39_000, `${known} of 40,000 have a time in the queue`);
});

test('read as fast as one can while all CPUs add: nothing lost, nothing twice', async (t) => {
  await using flood = await Flood.start(program, { acceptors: 4, clients: 2, listeners: 2 });
  const native = loadNative();
  const { session } = openSession(
    { hook: 'syscall', mode: 'summary', ringBytes: 4096, self: 'none', ports: flood.ports },
    native,
  );
  const buffer = new Uint8Array(256 * SUMMARY_BYTES);
  const clock = { bootToUnixNs: 0n, observedUnixNs: 0n };
  const told = new Map<string, number>();
  let turns = 0;
  const read = () => {
    if (session.turnSummaries()) turns++;
    const count = session.drainSummaries(buffer);
    for (const summary of decodeSummaries(buffer, count, clock, { turn: 0, endedBootNs: 0n, intervalNs: 0n })) {
      const key = keyOfSummary(summary);
      told.set(key, (told.get(key) ?? 0) + summary.accepts);
    }
  };
  let flooding = true;
  const flooded = flood.run({ connections: 60_000, sources: 4 }).finally(() => {
    flooding = false;
  });
  while (flooding || turns < LEAST_TURNS) {
    for (let i = 0; i < 20; i++) read();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await flooded;
  session.detach();
  for (const last = turns + 2; turns < last; ) read();
  session.close();
  t.diagnostic(`${turns} turns`);
  assertTally(told, tally((await flood.end()).map((connection) => [keyOf(connection), 1])));
});

test('a full map takes coarser keys, down to none, and keeps every count; then the finest again', async () => {
  await using flood = await Flood.start(program, { acceptors: 2 });
  await using trace = new SummaryTrace({ mode: 'summary', ports: flood.ports }, 1e9);
  // Each connection has a client and a local address of its own: it needs a new key on every level.
  const many = 16_384 + 4096 + 1024 + 500;
  await flood.run({ connections: many, sources: 1 << 20, locals: 1 << 20 });
  await flood.run({ connections: 300 });
  await trace.tracer.stop();

  const at = (level: string) => trace.summaries.filter((summary) => summary.level === level);
  const accepts = (summaries: readonly AcceptSummary[]) => summaries.reduce((sum, { accepts }) => sum + accepts, 0);
  assert.equal(trace.summarized, many + 300);
  assert.equal(trace.tracer.counts().aggregated, many + 300);
  assert.equal(trace.tracer.counts().ring_full, 0);
  // The last round is of the first connection's key, which has its place.
  assert.deepEqual(
    ['peer', 'peer_prefix', 'listener', 'none'].map((level) => at(level).length),
    [16_384, 4096, 1024, 1],
  );
  assert.equal(accepts(at('peer')), 16_384 + 300);
  assert.equal(accepts(at('none')), 500);
  const made = new Set((await flood.end()).map(keyOf));
  for (const summary of at('peer')) assert.ok(made.has(keyOfSummary(summary)));
  for (const { peerPrefix, peerAddress, process } of at('peer_prefix')) {
    assert.match(peerPrefix ?? '', /^127\.\d+\.\d+\.0\/24$/);
    assert.equal(peerAddress, undefined);
    assert.equal(process?.pid, flood.pid);
  }
  for (const { process, peerPrefix, listener } of at('listener')) {
    assert.deepEqual([process, peerPrefix, listener?.localPort], [undefined, undefined, flood.ports[0]]);
  }
  assert.deepEqual(
    at('none').map(({ listener, process }) => [listener, process]),
    [[undefined, undefined]],
  );
});

test('mode auto: what finds the ring full is counted, and ring_full stays 0', async () => {
  await using flood = await Flood.start(program);
  const tracer = new AcceptTracer({
    hook: 'syscall',
    ringBytes: 4096,
    mode: 'auto',
    self: 'none',
    ports: flood.ports,
  });
  await flood.run({ connections: 5000, sources: 10, seed: 1 });
  const full = tracer.counts();
  const held = Math.floor(4096 / (RECORD_BYTES + 8));
  assert.deepEqual([full.submitted, full.aggregated, full.ring_full], [held, 5000 - held, 0]);
  const records: string[] = [];
  const summaries: AcceptSummary[] = [];
  tracer.run((batch) => records.push(...batch.connections.map(({ peerAddress }) => peerAddress)), {
    summaries: { intervalMillis: 1e9, onSummaries: (some) => summaries.push(...some) },
  });
  await tracer.stop();
  tracer.close();
  const made = tally((await flood.end()).map(({ source }) => [source, 1]));
  const told = summaries.map(({ peerAddress, accepts }) => [`${peerAddress}`, accepts] as const);
  assertTally(tally([...told, ...records.map((address) => [address, 1] as const)]), made);
});

test('mode auto, switched back and forth at random: records and counts together are every connection', async (t) => {
  const seed = Date.now();
  t.diagnostic(`seed ${seed}`);
  await using flood = await Flood.start(program, { acceptors: 3, clients: 3, listeners: 2 });
  await using trace = new SummaryTrace({ mode: 'auto', ringBytes: 1 << 15, ports: flood.ports }, 30);
  let state = seed % 0x7fffffff;
  const random = () => {
    state = (state * 48_271) % 0x7fffffff;
    return state / 0x7fffffff;
  };
  let switches = 0;
  let timer: NodeJS.Timeout | undefined;
  const flip = () => {
    trace.tracer.setOverloaded(switches++ % 2 === 0);
    timer = setTimeout(flip, random() * 40);
  };
  flip();
  for (let round = 1; round <= 5; round++) {
    await flood.run({ connections: 10_000, sources: 200, locals: 2, seed: seed + round });
    const { aggregated, submitted, in_ring, in_summaries } = trace.tracer.counts();
    assert.equal(aggregated + submitted, round * 10_000);
    assert.equal(submitted, in_ring + trace.recorded.length);
    assert.equal(aggregated, in_summaries + trace.summarized);
  }
  clearTimeout(timer);
  await trace.tracer.stop();

  const { aggregated, submitted, ring_full, in_summaries, missed } = trace.tracer.counts();
  t.diagnostic(
    `${switches} switches, ${submitted} records, ${aggregated} counted in ${trace.summaries.length} summaries`,
  );
  assert.deepEqual([ring_full, in_summaries, missed], [0, 0, 0]);
  assert.equal(submitted + aggregated, 50_000);
  assert.ok(switches >= 20 && submitted > 1000 && aggregated > 1000);
  const told = trace.summaries.map((summary) => [keyOfSummary(summary), summary.accepts] as const);
  const made = tally((await flood.end()).map((connection) => [keyOf(connection), 1]));
  assertTally(tally([...told, ...trace.recorded.map((key) => [key, 1] as const)]), made);
});

test('the sum and the longest of the times in the queue are those of a server that sleeps before each accept', async () => {
  const sleepMicros = 20_000;
  const count = 50;
  await using flood = await Flood.start(program, { acceptors: 1, clients: 1, sleepMicros });
  await using trace = new SummaryTrace({ mode: 'summary', ports: flood.ports }, 1e9);
  await flood.run({ connections: count });
  await trace.tracer.stop();

  const [summary, ...more] = trace.summaries;
  assert.ok(summary && more.length === 0);
  assert.equal(summary.accepts, count);
  assert.ok(summary.queueKnown >= count - 1, `${summary.queueKnown}`);
  const sleepNs = BigInt(sleepMicros) * 1000n;
  const n = BigInt(summary.queueKnown);
  const { queueDurationMaxNs: max, queueDurationSumNs: sum } = summary;
  assert.ok(max >= n * sleepNs, `${max}`);
  assert.ok(sum >= (n * (n + 1n) * sleepNs) / 2n && sum <= n * max, `${sum}`);
  assert.ok(summary.lastBootNs - summary.firstBootNs >= BigInt(count - 1) * sleepNs);
  assert.ok(summary.lastUnixNs <= summary.endedUnixNs);
});
