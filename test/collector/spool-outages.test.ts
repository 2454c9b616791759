import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { BUILT, residentMib } from '../../bench/built-command.ts';
import { SpoolFolder } from '../export/spool/spool-under-test.ts';
import { randomFrom } from '../random.ts';
import { Acceptor } from './acceptor.ts';
import { acceptsAmong, type CollectedRecord } from './collected-record.ts';
import { startCollector } from './collector.ts';
import { type Connected, connect } from './connector.ts';
import { keyOfAccept, keyOfRecord } from './expected-record.ts';
import { freePorts } from './free-ports.ts';
import { readLedgers } from './ledger-line.ts';
import { TracerCommand } from './tracer-command.ts';

const OUTAGE_SECONDS = 60;
const PER_SECOND = 2000;
/** What one client makes, in twenty seconds. */
const PACED_CHUNK = 40_000;
const MOST_MIB = 160;
/** The longest pause between two attempts, and what the backlog takes. */
const DELIVERY_MILLIS = 240_000;
const LOOK_MILLIS = 1000;
const KILLS = 10;
const ACCEPTS_A_KILL = 10_000;
const CHUNK = 1000;
const LONGEST_OUTAGE_MILLIS = 3000;

const uidOf = ({ attributes }: CollectedRecord) => String(attributes['log.record.uid']);

/** Adds them to `made` some at a time. */
async function connectAll(acceptor: Acceptor, count: number, made: Connected[]): Promise<void> {
  for (let left = count; left > 0; left -= CHUNK) {
    made.push(...(await connect(acceptor.targets(), Math.min(left, CHUNK), { awaits: false })));
    await acceptor.hasAccepted(made.length);
  }
}

/** Asks for the ledger each second until disposed of; its sums are checked when it is read. */
function watchLedger(tracer: TracerCommand): AsyncDisposable {
  const over = new AbortController();
  const watching = (async () => {
    while (!over.signal.aborted) {
      tracer.signal('SIGUSR1');
      await delay(LOOK_MILLIS, undefined, { signal: over.signal }).catch(() => {});
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      await watching;
    },
  };
}

/** The last of its ledgers say where the records are. */
function failWithLedger(error: Error, { stderr }: TracerCommand): never {
  assert.fail(`${error.message}; the tracer said:\n${stderr.slice(-4000)}`);
}

function assertEachOf(made: readonly Connected[], records: readonly CollectedRecord[]): void {
  assert.equal(records.length, made.length);
  assert.deepEqual(records.map(keyOfRecord).sort(), made.map(keyOfAccept).sort());
}

function assertAllDelivered(stderr: string, accepts: number): void {
  const { drained, reports, delivered } = readLedgers(stderr).at(-1) ?? assert.fail('no ledger');
  assert.equal(drained, accepts);
  assert.equal(delivered, drained + reports);
}

test(`no collector for ${OUTAGE_SECONDS} s at ${PER_SECOND} accepts a second, then one: all arrive, none twice, within ${MOST_MIB} MiB`, async (t) => {
  using folder = new SpoolFolder();
  const [http = 0, grpc = 0, health = 0] = await freePorts(3);
  await using acceptor = await Acceptor.start();
  await using tracer = await TracerCommand.tracing(
    ['-P', acceptor.ports.join(','), '--output', 'none', '--mode', 'events'],
    {
      command: BUILT,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${http}`, TCPACCEPT_SPOOL_DIR: folder.path },
    },
  );
  const made: Connected[] = [];
  {
    await using _ = watchLedger(tracer);
    const startedAt = performance.now();
    while (made.length < OUTAGE_SECONDS * PER_SECOND) {
      made.push(...(await connect(acceptor.targets(), PACED_CHUNK, { awaits: false, perSecond: PER_SECOND })));
      await acceptor.hasAccepted(made.length);
    }
    const seconds = (performance.now() - startedAt) / 1000;
    await tracer.until(() => (readLedgers(tracer.stderr).at(-1)?.spooled ?? 0) > 100_000, 'most are on disk');
    const outageMib = residentMib(tracer.pid, 'VmHWM');
    await using collector = await startCollector({ ports: { http, grpc, health } });
    const isComplete = (all: readonly CollectedRecord[]) => acceptsAmong(all).length >= made.length;
    const all = await collector
      .waitForRecords(isComplete, { timeoutMillis: DELIVERY_MILLIS })
      .catch((error) => failWithLedger(error, tracer));
    const records = acceptsAmong(all);
    assert.equal(new Set(records.map(uidOf)).size, records.length);
    assertEachOf(made, records);
    const mostMib = residentMib(tracer.pid, 'VmHWM');
    t.diagnostic(
      `${made.length} in ${seconds.toFixed(1)} s; at most ${outageMib} MiB meanwhile, ${mostMib} in the end`,
    );
    assert.ok(seconds >= OUTAGE_SECONDS, `${seconds} s: faster than it was to be`);
    assert.ok(mostMib <= MOST_MIB, `${mostMib} MiB`);
  }
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  assertAllDelivered(stderr, made.length);
});

test(`a collector killed ${KILLS} times at random while ${KILLS * ACCEPTS_A_KILL} are accepted: all arrive, twice only with the same uid`, async (t) => {
  const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000) + 1;
  t.diagnostic(`seed ${seed}; TEST_SEED=${seed - 1} repeats it`);
  const random = randomFrom(seed);
  using folder = new SpoolFolder();
  const [http = 0, grpc = 0, health = 0] = await freePorts(3);
  const options = { ports: { http, grpc, health } };
  await using acceptor = await Acceptor.start();
  await using tracer = await TracerCommand.tracing(
    ['-P', acceptor.ports.join(','), '--output', 'none', '--mode', 'events'],
    {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${http}`, TCPACCEPT_SPOOL_DIR: folder.path },
    },
  );
  await using _ = watchLedger(tracer);
  const made: Connected[] = [];
  // Each has a file of its own, since the last line of one that was killed may lack its end.
  const collected: CollectedRecord[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const collector = await startCollector(options);
    const killedAt = made.length + Math.floor(random() * ACCEPTS_A_KILL);
    const load = connectAll(acceptor, ACCEPTS_A_KILL, made);
    while (made.length < killedAt) await delay(10);
    collector.kill('SIGKILL');
    await collector.stop();
    collected.push(...(await collector.accepts()));
    await load;
    await delay(random() * LONGEST_OUTAGE_MILLIS);
  }
  await using collector = await startCollector(options);
  const before = new Set(collected.map(uidOf));
  const isComplete = (records: readonly CollectedRecord[]) =>
    new Set([...before, ...acceptsAmong(records).map(uidOf)]).size >= made.length;
  const last = await collector
    .waitForRecords(isComplete, { timeoutMillis: DELIVERY_MILLIS })
    .catch((error) => failWithLedger(error, tracer));
  collected.push(...acceptsAmong(last));
  const first = new Map(collected.map((record) => [uidOf(record), record]));
  t.diagnostic(`${collected.length - first.size} came twice`);
  assertEachOf(made, [...first.values()]);
  for (const record of collected) assert.deepEqual(record, first.get(uidOf(record)));
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  assertAllDelivered(stderr, made.length);
});
