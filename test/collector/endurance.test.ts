import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { unpin } from '../../src/kernel/unpin.ts';
import { EVENTS } from '../../src/record/events.ts';
import { SpoolFolder } from '../export/spool/spool-under-test.ts';
import { PinScene } from '../kernel/pin-scene.ts';
import { randomFrom } from '../random.ts';
import { Acceptor } from './acceptor.ts';
import { acceptsAmong, type CollectedRecord } from './collected-record.ts';
import { type Connected, Load } from './connector.ts';
import { keyOfAccept, keyOfRecord } from './expected-record.ts';
import { RestartedCollector } from './restarted-collector.ts';
import { TracerLives } from './tracer-lives.ts';

/** Of each test; TEST_SECONDS makes it longer. */
const RUN_MILLIS = Number(process.env['TEST_SECONDS'] ?? 40) * 1000;
const LONGEST_PAUSE_MILLIS = 1000;
const LONGEST_FREEZE_MILLIS = 1000;
/** 341 accepts: at full speed, less than a second. */
const RING_BYTES = '64K';
const DELIVERED_WITHIN_MILLIS = 90_000;
/** Of our acceptors and of nobody else: ports alone may be another process's too, on another address or in another namespace. */
const USER_ID = 2_000_000 + process.pid;
const HOW_A_COLLECTOR_GOES = ['SIGKILL', 'SIGTERM', 'SIGSTOP'] as const;
const MODES = ['auto', 'events', 'summary'] as const;
const NOTHING_LEFT = { in_ring: 0, spooled: 0, queued: 0, evicted: 0, dropped: 0, rejected: 0 };

/** One of several at random, all alike; the same in the same order for the same seed. */
type Pick = <Choice>(choices: readonly Choice[]) => Choice;

function seeded(t: TestContext): { readonly random: () => number; readonly pick: Pick } {
  const seed = Number(process.env['SEED'] ?? 1 + (Date.now() % 2 ** 31));
  t.diagnostic(`SEED=${seed}`);
  const random = randomFrom(seed);
  return {
    random,
    pick: (choices) => choices[Math.floor(random() * choices.length)] ?? assert.fail('nothing to pick'),
  };
}

/** To a hanging collector requests are sent again, and then taken twice. */
function environment(collector: RestartedCollector, folder: SpoolFolder): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
    OTEL_BLRP_SCHEDULE_DELAY: '100',
    TCPACCEPT_SPOOL_DIR: folder.path,
    TCPACCEPT_RING_BYTES: RING_BYTES,
    TCPACCEPT_OUTPUT: 'ndjson',
    TCPACCEPT_SUMMARY_INTERVAL: '0.5',
    TCPACCEPT_UID: `${USER_ID}`,
  };
}

const uidOf = ({ attributes }: CollectedRecord) => String(attributes['log.record.uid']);

function onceEach(records: readonly CollectedRecord[]): CollectedRecord[] {
  return [...new Map(records.map((record) => [uidOf(record), record])).values()];
}

/** Accepts that the records tell of: one by one, in summaries, or as lost to a full ring, which is behind our own filters. */
function toldOf(records: readonly CollectedRecord[]) {
  const once = onceEach(records);
  const sumOf = (event: string, name: string) =>
    once
      .filter(({ eventName }) => eventName === event)
      .filter(({ attributes }) => event !== EVENTS.lost.name || attributes['tcpaccept.loss.cause'] === 'ring_full')
      .reduce((sum, { attributes }) => sum + Number(attributes[name]), 0);
  return {
    accepts: acceptsAmong(once).length,
    summarized: sumOf(EVENTS.summarized.name, 'tcpaccept.summary.count'),
    lost: sumOf(EVENTS.lost.name, 'tcpaccept.loss.count'),
  };
}

/** Resolves once the records tell of so many accepts. */
async function untilToldOf(collector: RestartedCollector, count: number): Promise<void> {
  const isComplete = (records: readonly CollectedRecord[]) => {
    const { accepts, summarized, lost } = toldOf(records);
    return accepts + summarized + lost >= count;
  };
  try {
    await collector.waitForRecords(isComplete, { timeoutMillis: DELIVERED_WITHIN_MILLIS });
  } catch {
    assert.fail(`told of ${JSON.stringify(toldOf(await collector.records()))} of ${count} connections`);
  }
}

/** Fails unless each record is of another connection of the list. */
function assertOf(made: readonly Connected[], records: readonly CollectedRecord[]): void {
  const left = new Map<string, number>();
  for (const key of made.map(keyOfAccept)) left.set(key, (left.get(key) ?? 0) + 1);
  for (const key of onceEach(acceptsAmong(records)).map(keyOfRecord)) {
    const more = left.get(key) ?? 0;
    assert.ok(more > 0, `${key}: more than once, or no connection of ours that is wanted`);
    left.set(key, more - 1);
  }
}

test('--pin and --spool always: outages, crashes, restarts, freezes, a slow reader; each connection arrives or is told of as lost', async (t) => {
  const { random, pick } = seeded(t);
  using scene = new PinScene();
  using folder = new SpoolFolder();
  await using collector = await RestartedCollector.prepare();
  await using wanted = await Acceptor.start({ userId: USER_ID });
  await using other = await Acceptor.start({ userId: USER_ID });
  await using tracer = new TracerLives(environment(collector, folder));
  const args = ['--pin', scene.directory, '--spool', 'always', '--mode', 'events', '-P', wanted.ports.join(',')];
  const restart = async (end: () => Promise<unknown>) => {
    await end();
    await delay(random() * LONGEST_PAUSE_MILLIS);
    await tracer.start(args);
  };
  const did: string[] = [];
  const actions: readonly (readonly [name: string, act: () => Promise<unknown>])[] = [
    ['outage', () => collector.change(pick(HOW_A_COLLECTOR_GOES))],
    ['crash', () => restart(() => tracer.kill())],
    ['restart', () => restart(() => tracer.stop())],
    ['freeze', () => tracer.freeze(random() * LONGEST_FREEZE_MILLIS)],
    ['reader', async () => tracer.changeReader()],
  ];

  await tracer.start(args);
  const load = new Load([...wanted.targets(), ...other.targets()]);
  for (const end = performance.now() + RUN_MILLIS; performance.now() < end; ) {
    const [name, act] = pick(actions);
    did.push(name);
    await act();
    await delay(random() * LONGEST_PAUSE_MILLIS);
  }
  const made = (await load.end()).filter(({ localPort }) => wanted.ports.includes(localPort));
  await untilToldOf(collector, made.length);
  const { in_ring, spooled, queued, evicted, dropped, rejected } = await tracer.stop();
  const records = await collector.records();

  const { accepts, lost } = toldOf(records);
  t.diagnostic(
    `${made.length} connections: ${accepts} arrived, ${lost} had no room in the ring, ${tracer.looks} ledgers; ${did.join(' ')}`,
  );
  assert.equal(accepts + lost, made.length);
  assert.deepEqual({ in_ring, spooled, queued, evicted, dropped, rejected }, NOTHING_LEFT);
  assertOf(made, records);
  // Read twice, by two processes, its other facts may have been learned twice.
  for (const [uid, same] of Map.groupBy(records, uidOf)) {
    const tells = same.map((one) => `${keyOfRecord(one)} ${one.attributes['tcpaccept.loss.count']}`);
    assert.equal(new Set(tells).size, 1, `${uid} is of ${tells.join(' and of ')}`);
  }
  assert.equal(unpin(scene.directory).unreadRecords, 0);
});

/** A filter as flags, and the connections it lets through. */
interface Filter {
  readonly args: readonly string[];
  readonly lets: (made: Connected) => boolean;
}

function filtersOf(first: Acceptor, second: Acceptor): readonly Filter[] {
  const all = [...first.ports, ...second.ports].join(',');
  const isOf =
    ({ ports }: Acceptor) =>
    (made: Connected) =>
      ports.includes(made.localPort);
  const [ipv4Port] = first.ports;
  return [
    { args: ['-P', all], lets: () => true },
    { args: ['-P', first.ports.join(',')], lets: isOf(first) },
    { args: ['-P', all, '--pid', `${second.facts.pid}`], lets: isOf(second) },
    { args: ['-P', first.ports.join(','), '-4'], lets: ({ localPort }) => localPort === ipv4Port },
    { args: ['-P', all, '--peer', '!::1'], lets: ({ peerAddress }) => peerAddress !== '::1' },
    { args: ['-P', all, '--local', '127.0.0.0/8'], lets: ({ localAddress }) => localAddress !== '::1' },
  ];
}

test('restarts with other filters and modes, outages, freezes, a slow reader: every life’s sums hold to the unit', async (t) => {
  const { random, pick } = seeded(t);
  using folder = new SpoolFolder();
  await using collector = await RestartedCollector.prepare();
  await using first = await Acceptor.start({ userId: USER_ID });
  await using second = await Acceptor.start({ userId: USER_ID });
  await using tracer = new TracerLives(environment(collector, folder));
  const targets = [...first.targets(), ...second.targets()];
  const filters = filtersOf(first, second);
  const actions: readonly (() => Promise<unknown>)[] = [
    () => collector.change(pick(HOW_A_COLLECTOR_GOES)),
    () => tracer.freeze(random() * LONGEST_FREEZE_MILLIS),
    async () => tracer.changeReader(),
  ];
  const made: Connected[] = [];
  let lives = 0;
  let recorded = 0;
  let summarized = 0;
  let lost = 0;
  let owed = 0;
  const live = async (filter: Filter, actionsOfIt: number) => {
    await tracer.start([...filter.args, '--mode', pick(MODES), '--spool', pick(['spill', 'always'])]);
    const load = new Load(targets);
    for (let action = 0; action < actionsOfIt; action++) {
      await pick(actions)();
      await delay(random() * LONGEST_PAUSE_MILLIS);
    }
    const wanted = (await load.end()).filter(filter.lets);
    const ledger = await tracer.stop();
    const { submitted, aggregated, ring_full } = ledger;
    assert.equal(submitted + aggregated + ring_full, wanted.length, `${filter.args} ${JSON.stringify(ledger)}`);
    assert.equal(ledger.recovered, owed);
    const { in_ring, queued, evicted, dropped, rejected, spooled } = ledger;
    assert.deepEqual({ in_ring, queued, evicted, dropped, rejected, spooled: 0 }, NOTHING_LEFT);
    made.push(...wanted);
    lives++;
    recorded += submitted;
    summarized += aggregated;
    lost += ring_full;
    owed = spooled;
  };

  for (const end = performance.now() + RUN_MILLIS; performance.now() < end; ) {
    await live(pick(filters), 1 + Math.floor(random() * 3));
  }
  // The last one delivers what all before have left.
  await collector.up();
  await tracer.start(['-P', '1']);
  await untilToldOf(collector, made.length);
  const ledger = await tracer.stop();
  assert.equal(ledger.recovered, owed);
  assert.equal(ledger.spooled, 0);
  const records = await collector.records();
  t.diagnostic(
    `${lives} lives, ${made.length} connections: ${recorded} recorded, ${summarized} summarized, ${lost} had no room in the ring; ${tracer.looks} ledgers`,
  );
  assert.deepEqual(toldOf(records), { accepts: recorded, summarized, lost });
  assertOf(made, records);
  for (const [one, ...more] of Map.groupBy(records, uidOf).values())
    for (const same of more) assert.deepEqual(same, one);
});
