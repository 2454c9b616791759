import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SmallDisk, SpoolFolder } from '../export/spool/spool-under-test.ts';
import { Acceptor } from './acceptor.ts';
import { acceptsAmong, type CollectedRecord } from './collected-record.ts';
import { startCollector } from './collector.ts';
import { type Connected, connect } from './connector.ts';
import { keyOfAccept, keyOfRecord } from './expected-record.ts';
import { freePorts } from './free-ports.ts';
import { readLedger } from './ledger-line.ts';
import { COMMAND, runCommand, TracerCommand } from './tracer-command.ts';

const timeoutMillis = 30_000;

async function nobody(): Promise<string> {
  const [port] = await freePorts(1);
  return `http://127.0.0.1:${port}`;
}

/** Traces so many accepts with nobody at the endpoint; gives what was made, how the tracer ended, and how many records there were. */
async function traceAlone(directory: string, accepts: number, env: Readonly<Record<string, string>> = {}) {
  await using acceptor = await Acceptor.start();
  await using tracer = await TracerCommand.tracing(['-P', acceptor.ports.join(','), '--output', 'none'], {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: await nobody(),
      TCPACCEPT_SPOOL_DIR: directory,
      TCPACCEPT_MODE: 'events',
      ...env,
    },
  });
  const made: Connected[] = await connect(acceptor.targets(), accepts, { awaits: true });
  await acceptor.accepted(accepts);
  const ended = await tracer.stop();
  const ledger = readLedger(ended.stderr);
  // Losses of others' accepts may have been told of.
  return { made, ended, ledger, records: accepts + ledger.reports };
}

const keysOf = (records: readonly CollectedRecord[]) => acceptsAmong(records).map(keyOfRecord).sort();
const keys = (made: readonly Connected[]) => made.map(keyOfAccept).sort();

/** Written under the one protocol, delivered under the other. */
for (const [writes, sends] of [
  ['http/protobuf', 'grpc'],
  ['grpc', 'http/json'],
  ['http/json', 'http/protobuf'],
] as const) {
  test(`what ${writes} could not deliver is shown, exported, and flushed over ${sends}`, async () => {
    using folder = new SpoolFolder();
    const { made, ended, ledger, records } = await traceAlone(folder.path, 50, { OTEL_EXPORTER_OTLP_PROTOCOL: writes });
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal(ledger.spooled, records);
    await using collector = await startCollector();
    const env = {
      TCPACCEPT_SPOOL_DIR: folder.path,
      OTEL_EXPORTER_OTLP_PROTOCOL: sends,
      OTEL_EXPORTER_OTLP_ENDPOINT: sends === 'grpc' ? collector.grpcEndpoint : collector.httpEndpoint,
    };

    const shown = await runCommand(['spool'], { env });
    assert.match(shown.stdout, new RegExp(`^records +${records}$`, 'm'));
    assert.match(shown.stdout, /^file +spool\.sqlite current \d+ bytes$/m);
    const summary = JSON.parse((await runCommand(['spool', '--json'], { env })).stdout);
    assert.equal(summary.records, records);
    assert.ok(Date.parse(summary.oldest) <= Date.parse(summary.newest));

    // Each line as it stands is a request the collector takes.
    const lines = (await runCommand(['spool', 'export'], { env })).stdout.split('\n').slice(0, -1);
    assert.equal(lines.length, summary.requests);
    for (const body of lines) {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${collector.httpEndpoint}/v1/logs`, { method: 'POST', headers, body });
      assert.equal(answer.status, 200, await answer.text());
    }
    const posted = await collector.waitForRecords(records, { timeoutMillis });
    assert.deepEqual(keysOf(posted), keys(made));

    const flushed = await runCommand(['spool', 'flush'], { env });
    assert.equal(flushed.code, 0, flushed.stderr);
    assert.match(
      flushed.stderr,
      new RegExp(`ledger recovered=${records} delivered=${records} rejected=0 dropped=0 evicted=0 spooled=0$`, 'm'),
    );
    // The same records again: what was posted is what is sent, to the last attribute.
    const all = await collector.waitForRecords(2 * records, { timeoutMillis });
    const byUid = Map.groupBy(all, ({ attributes }) => attributes['log.record.uid']);
    assert.equal(byUid.size, records);
    for (const [, [first, second]] of byUid) assert.deepEqual(first, second);

    const again = await runCommand(['spool', 'flush'], { env });
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stderr, /recovered=0 /);
  });
}

test('an export whose reader has seen enough ends without a word', async () => {
  using folder = new SpoolFolder();
  const { ended } = await traceAlone(folder.path, 3000);
  assert.equal(ended.code, 0, ended.stderr);
  const pipeline = '"$@" | head -1; echo "$PIPESTATUS" >&2';
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', pipeline, 'bash', ...COMMAND, 'spool', 'export'], {
    env: { PATH: process.env['PATH'], TCPACCEPT_SPOOL_DIR: folder.path },
    maxBuffer: 16 * 1024 ** 2,
  });
  assert.equal(stderr.toString(), '0\n');
  assert.ok(JSON.parse(stdout.toString()).resourceLogs[0].scopeLogs[0].logRecords.length > 100);
});

test('a flush with nobody at the endpoint ends after a while, with 1, and loses nothing', async () => {
  using folder = new SpoolFolder();
  const { records } = await traceAlone(folder.path, 10);
  const env = { TCPACCEPT_SPOOL_DIR: folder.path, OTEL_EXPORTER_OTLP_ENDPOINT: await nobody() };
  const { code, stderr } = await runCommand(['spool', 'flush'], { env });
  assert.equal(code, 1, stderr);
  assert.match(
    stderr,
    new RegExp(`ledger recovered=${records} delivered=0 rejected=0 dropped=0 evicted=0 spooled=${records}$`, 'm'),
  );
});

test('a second process is refused the spool, with the pid of the first; looking into it is allowed', async () => {
  using folder = new SpoolFolder();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: await nobody(), TCPACCEPT_SPOOL_DIR: folder.path };
  await using first = await TracerCommand.tracing(['-P', '1', '--output', 'none'], { env });
  for (const args of [
    ['-P', '1'],
    ['spool', 'flush'],
  ]) {
    const { code, stdout, stderr } = await runCommand(args, { env });
    assert.deepEqual([code, stdout], [1, '']);
    assert.equal(
      stderr,
      `otel-tcpaccept: the spool ${folder.path} is held by process ${first.pid}; end that, or give --spool-dir another directory or --spool off (ERR_SPOOL_HELD)\n`,
    );
  }
  assert.match((await runCommand(['spool'], { env })).stdout, new RegExp(`held by process ${first.pid}\\)`));
  first.signal('SIGKILL');
  await first.ended();
  const next = await runCommand(['-P', '1', '--duration', '0.05', '--output', 'none'], { env });
  assert.equal(next.code, 0, next.stderr);
});

test('--spool off: what is left at the end is dropped, and nothing is on disk', async () => {
  using folder = new SpoolFolder();
  const directory = join(folder.path, 'spool');
  const { ledger, records } = await traceAlone(directory, 10, { TCPACCEPT_SPOOL_MODE: 'off' });
  assert.equal(ledger.dropped, records);
  assert.throws(() => writeFileSync(join(directory, 'x'), ''), { code: 'ENOENT' });
});

test('--spool always: delivered through the disk, which is empty afterwards', async () => {
  using folder = new SpoolFolder();
  await using collector = await startCollector();
  const { made, ended, ledger, records } = await traceAlone(folder.path, 500, {
    TCPACCEPT_SPOOL_MODE: 'always',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpEndpoint,
  });
  assert.equal(ended.code, 0, ended.stderr);
  assert.equal(ledger.delivered, records);
  assert.deepEqual(keysOf(await collector.records()), keys(made));
});

test('killed with -9 while nobody is there: what was on disk is delivered by the next run', async () => {
  using folder = new SpoolFolder();
  await using acceptor = await Acceptor.start();
  const args = ['-P', acceptor.ports.join(','), '--output', 'none'];
  const env = { TCPACCEPT_SPOOL_DIR: folder.path, TCPACCEPT_SPOOL_MODE: 'always', OTEL_BLRP_SCHEDULE_DELAY: '10' };
  await using killed = await TracerCommand.tracing(args, {
    env: { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: await nobody() },
  });
  const made = await connect(acceptor.targets(), 200, { awaits: true });
  const isOnDisk = () => {
    const [program, ...before] = COMMAND;
    const { stdout } = spawnSync(program, [...before, 'spool', '--json'], {
      env: { ...env, PATH: process.env['PATH'] },
    });
    return JSON.parse(stdout.toString()).records >= 200;
  };
  await killed.until(isOnDisk, 'all are on disk');
  killed.signal('SIGKILL');
  await killed.ended();
  await using collector = await startCollector();
  await using next = await TracerCommand.tracing(args, {
    env: { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpEndpoint },
  });
  const later = await connect(acceptor.targets(), 20, { awaits: true });
  const all = (records: readonly CollectedRecord[]) => keysOf(records).length >= 220;
  const records = await collector.waitForRecords(all, { timeoutMillis });
  const { stderr } = await next.stop();
  const { recovered, drained, reports, delivered } = readLedger(stderr);
  assert.ok(recovered >= 200);
  assert.equal(drained, 20);
  assert.equal(delivered, recovered + drained + reports);
  assert.deepEqual(keysOf(records), keys([...made, ...later]));
});

test('a full disk: tracing goes on, the oldest are counted as evicted, the rest is delivered later', async () => {
  using disk = new SmallDisk(6 * 1024 ** 2);
  const { ended, ledger } = await traceAlone(disk.path, 20_000);
  assert.equal(ended.code, 0, ended.stderr);
  const { spooled, evicted, dropped, drained } = ledger;
  assert.equal(drained, 20_000);
  assert.equal(dropped, 0);
  assert.equal(evicted + spooled, 20_000);
  assert.ok(evicted > 5000, `${evicted} evicted`);
  assert.ok(spooled > 1000, `${spooled} spooled`);
  assert.match(ended.stderr, /warning: \d+ records pushed out of the spool /);
  await using collector = await startCollector();
  const env = { TCPACCEPT_SPOOL_DIR: disk.path, OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpEndpoint };
  const flushed = await runCommand(['spool', 'flush'], { env });
  assert.equal(flushed.code, 0, flushed.stderr);
  assert.equal((await collector.records()).length, spooled);
});

test('a read-only disk: it is said, and tracing goes on as without a spool', async () => {
  using disk = new SmallDisk(4 * 1024 ** 2);
  disk.makeReadOnly();
  const { ended, ledger, records } = await traceAlone(disk.path, 10);
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(
    ended.stderr,
    /warning: the spool \S+ cannot be used \(.*\): what cannot be delivered waits in memory only/,
  );
  assert.equal(ledger.dropped, records);
});

test('a damaged file: it is said, kept, and a new one begun', async () => {
  using folder = new SpoolFolder();
  writeFileSync(join(folder.path, 'spool.sqlite'), 'this is no database at all, is it?'.repeat(1000));
  const { ended, ledger, records } = await traceAlone(folder.path, 10);
  assert.match(ended.stderr, /warning: the spool could not be read \(file is not a database\): it is kept as /);
  assert.equal(ledger.spooled, records);
  const { stdout } = await runCommand(['spool'], { env: { TCPACCEPT_SPOOL_DIR: folder.path } });
  assert.match(stdout, /^file +spool\.damaged-\S+\.sqlite damaged 34000 bytes$/m);
  assert.match(stdout, new RegExp(`^records +${records}$`, 'm'));
});
