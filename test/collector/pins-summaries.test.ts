import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { unpin } from '../../src/kernel/unpin.ts';
import { EVENTS } from '../../src/record/events.ts';
import { buildFlood, Flood } from '../kernel/flood.ts';
import { PinScene } from '../kernel/pin-scene.ts';
import { randomFrom } from '../random.ts';
import type { CollectedRecord } from './collected-record.ts';
import { startCollector } from './collector.ts';
import { readLedgers } from './ledger-line.ts';
import { TracerCommand } from './tracer-command.ts';

const KILLS = 8;
const LONGEST_LIFE_MILLIS = 1500;
const LONGEST_DEATH_MILLIS = 300;
const CHUNK = 500;
const LEAST_CHUNKS = 20;
const SOURCES = 60;
const PAUSE_MILLIS = 20;
const DELIVERED_WITHIN_MILLIS = 60_000;

const { program, remove } = buildFlood();
after(remove);

/** How many connections of each client records and summaries tell of; of the same uid it must be the same. */
function toldOf(records: readonly CollectedRecord[]): { tally: Map<unknown, number>; uids: number; twice: number } {
  const byUid = new Map<unknown, string>();
  const tally = new Map<unknown, number>();
  let twice = 0;
  for (const { eventName, attributes } of records) {
    if (eventName !== EVENTS.summarized.name && eventName !== EVENTS.accepted.name) continue;
    const uid = attributes['log.record.uid'];
    const client = attributes['network.peer.address'];
    const count = Number(attributes['tcpaccept.summary.count'] ?? 1);
    const what = `${client} ${count} ${attributes['tcpaccept.first_accept.time']}`.slice(0, -5);
    const before = byUid.get(uid);
    byUid.set(uid, what);
    if (before === undefined) tally.set(client, (tally.get(client) ?? 0) + count);
    else {
      twice++;
      assert.equal(what, before, `${uid}`);
    }
  }
  return { tally, uids: byUid.size, twice };
}

function total(tally: ReadonlyMap<unknown, number>): number {
  return [...tally.values()].reduce((sum, count) => sum + count, 0);
}

for (const mode of ['summary', 'auto'] as const) {
  test(`--pin, --spool always and --mode ${mode}, killed ${KILLS} times: what summaries and records count is every connection`, async (t) => {
    const seed = Number(process.env['SEED'] ?? 1 + (Date.now() % 2 ** 31));
    t.diagnostic(`SEED=${seed}`);
    const random = randomFrom(seed);
    using scene = new PinScene();
    const spool = mkdtempSync(join(tmpdir(), 'tcpaccept-spool-'));
    t.after(() => rmSync(spool, { recursive: true }));
    await using collector = await startCollector();
    await using flood = await Flood.start(program);
    const args = ['--pin', scene.directory, '-P', flood.ports.join(','), '--output', 'none', '--mode', mode];
    args.push('--ring-bytes', '16K', '--summary-interval', '0.2', '--spool', 'always', '--spool-dir', spool);
    const options = { env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpEndpoint } };
    let [isOver, looks] = [false, 0];

    await using first = await TracerCommand.tracing(args, options);
    const flooding = (async () => {
      for (let chunks = 0; !isOver || chunks < LEAST_CHUNKS; chunks++) {
        await flood.run({ connections: CHUNK, sources: SOURCES });
        await pause(PAUSE_MILLIS);
      }
    })();
    let tracer = first;
    for (let i = 0; i < KILLS; i++) {
      await pause(random() * LONGEST_LIFE_MILLIS);
      // Its sums are checked as it is read, also when it is the last it says.
      tracer.signal('SIGUSR1');
      if (i % 2 === 0) await tracer.until(() => readLedgers(tracer.stderr).length > 0, 'it shows its ledger');
      else await pause(random() * 200);
      tracer.signal('SIGKILL');
      looks += readLedgers((await tracer.ended()).stderr).length;
      await pause(random() * LONGEST_DEATH_MILLIS);
      if (i < KILLS - 1) tracer = await TracerCommand.tracing(args, options);
    }
    isOver = true;
    await flooding;
    const made = Map.groupBy(await flood.end(), ({ source }) => source);
    const connections = [...made.values()].reduce((sum, some) => sum + some.length, 0);
    await using last = await TracerCommand.tracing(args, options);
    const collected = await collector.waitForRecords((some) => total(toldOf(some).tally) >= connections, {
      timeoutMillis: DELIVERED_WITHIN_MILLIS,
    });
    const { code, stderr } = await last.stop();
    assert.equal(code, 0, stderr);
    const ledger = readLedgers(stderr).at(-1) ?? assert.fail(stderr);
    assert.deepEqual([ledger.in_ring, ledger.in_summaries, ledger.ring_full], [0, 0, 0]);

    const { tally, uids, twice } = toldOf(collected);
    t.diagnostic(`${connections} connections in ${uids} records and summaries, ${twice} came twice; ${looks} ledgers`);
    assert.deepEqual(tally, new Map([...tally.keys()].map((client) => [client, made.get(`${client}`)?.length])));
    assert.equal(total(tally), connections);
    assert.equal(unpin(scene.directory).unreadRecords, 0);
  });
}
