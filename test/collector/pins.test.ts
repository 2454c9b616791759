import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { unpin } from '../../src/kernel/unpin.ts';
import { PinScene } from '../kernel/pin-scene.ts';
import { randomFrom } from '../random.ts';
import { Acceptor } from './acceptor.ts';
import { acceptsAmong } from './collected-record.ts';
import { startCollector } from './collector.ts';
import { type Connected, connect, type Target } from './connector.ts';
import { keyOfAccept, keyOfRecord } from './expected-record.ts';
import { TracerCommand } from './tracer-command.ts';

const KILLS = 10;
const LONGEST_LIFE_MILLIS = 1200;
const LONGEST_DEATH_MILLIS = 400;
const CHUNK = 500;
const SMALLEST_RUN = 5000;
const LARGEST_RUN = 100_000;
const DELIVERED_WITHIN_MILLIS = 60_000;

async function connectUntil(isOver: () => boolean, targets: readonly Target[]): Promise<Connected[]> {
  const made: Connected[] = [];
  const isEnough = () => made.length >= (isOver() ? SMALLEST_RUN : LARGEST_RUN);
  while (!isEnough()) made.push(...(await connect(targets, CHUNK, { awaits: true })));
  return made;
}

test(`--pin and --spool always, killed ${KILLS} times: every connection is in the collector's file, twice only with the same uid`, async (t) => {
  const seed = Number(process.env['SEED'] ?? 1 + (Date.now() % 2 ** 31));
  t.diagnostic(`SEED=${seed}`);
  const random = randomFrom(seed);
  using scene = new PinScene();
  const spool = mkdtempSync(join(tmpdir(), 'tcpaccept-spool-'));
  t.after(() => rmSync(spool, { recursive: true }));
  await using collector = await startCollector();
  await using web = await Acceptor.start();
  const args = ['--pin', scene.directory, '-P', web.ports.join(','), '--output', 'none'];
  args.push('--spool', 'always', '--spool-dir', spool);
  const options = { env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpEndpoint } };
  let isOver = false;

  await using first = await TracerCommand.tracing(args, options);
  const connecting = connectUntil(() => isOver, web.targets());
  let tracer = first;
  for (let i = 0; i < KILLS; i++) {
    await pause(random() * LONGEST_LIFE_MILLIS);
    tracer.signal('SIGKILL');
    await tracer.ended();
    await pause(random() * LONGEST_DEATH_MILLIS);
    if (i < KILLS - 1) tracer = await TracerCommand.tracing(args, options);
  }
  isOver = true;
  const made = await connecting;
  await using last = await TracerCommand.tracing(args, options);
  const uidOf = ({ attributes }: { attributes: Record<string, unknown> }) => attributes['log.record.uid'];
  const collected = await collector.waitForRecords(
    (some) => new Set(acceptsAmong(some).map(uidOf)).size >= made.length,
    {
      timeoutMillis: DELIVERED_WITHIN_MILLIS,
    },
  );
  const records = acceptsAmong(collected);
  const { code, stderr } = await last.stop();
  assert.equal(code, 0, stderr);

  const byUid = Map.groupBy(records, uidOf);
  t.diagnostic(`${made.length} connections, ${records.length - byUid.size} records sent twice`);
  assert.ok(made.length < LARGEST_RUN, `${made.length}`);
  const once = [...byUid.values()].map((same) => {
    const keys = new Set(same.map(keyOfRecord));
    assert.equal(keys.size, 1);
    return [...keys].join();
  });
  assert.deepEqual(once.sort(), made.map(keyOfAccept).sort());
  assert.equal(unpin(scene.directory).unreadRecords, 0);
});
