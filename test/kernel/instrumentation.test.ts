import assert from 'node:assert/strict';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { type Logger, logs } from '@opentelemetry/api';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { parseProcCgroup } from '../../src/identity/proc-cgroup.ts';
import { TcpAcceptInstrumentation, type TcpAcceptInstrumentationConfig } from '../../src/index.ts';
import type { LedgerCounts, LedgerName } from '../../src/ledger.ts';
import { ATTRIBUTES } from '../../src/record/attributes.ts';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../../src/version.ts';
import { TracerCommand } from '../collector/tracer-command.ts';
import { HeardDiag, KeptRecords } from '../instrumentation/kept-records.ts';
import { cgroupIdOf } from './cgroup.ts';
import { OwnServer } from './own-server.ts';
import { Server } from './server.ts';

/** The plugin with these options, off again when disposed of. */
class Plugin extends TcpAcceptInstrumentation {
  constructor(config: TcpAcceptInstrumentationConfig = {}) {
    super({ hook: 'syscall', ...config });
  }

  [Symbol.dispose](): void {
    this.disable();
  }
}

/** Checks the sums that hold for the plugin, and what it did with what was drained. */
function assertCounts(counts: LedgerCounts, expected: Partial<Record<LedgerName, number>>): void {
  const { seen, filtered, self, aggregated, ring_full, unreadable, submitted, in_ring, drained, emitted, dropped } =
    counts;
  assert.equal(seen, filtered + self + aggregated + ring_full + unreadable + submitted);
  assert.equal(submitted, in_ring + drained);
  assert.equal(drained, emitted + dropped);
  for (const [name, count] of Object.entries(expected)) assert.equal(counts[name as LedgerName], count, name);
}

test('what this process accepts is a record of the registered provider; what others accept is not', async () => {
  using kept = KeptRecords.registered();
  await using own = await OwnServer.listen();
  await using other = await Server.start();
  const listener = await other.listen('inet', '127.0.0.1');
  using plugin = new Plugin();
  const first = await own.accept();
  await other.run('connect', { family: 'inet', address: '127.0.0.1', ports: [listener.port] });
  await other.accept(listener);
  const second = await own.accept();
  // Nobody asks for them: they come by themselves.
  await kept.until(2);
  assert.deepEqual(kept.peerPorts, [first.peerPort, second.peerPort]);
  const counts = plugin.counts();
  assertCounts(counts, { drained: 2, emitted: 2, in_ring: 0, ring_full: 0, missed: 0 });
  assert.ok(counts.filtered >= 1);
});

test('a record says what is known of the connection, in the types of the attribute table', async () => {
  using kept = KeptRecords.registered();
  await using own = await OwnServer.listen('::');
  using plugin = new Plugin();
  const before = BigInt(Date.now()) * 1_000_000n;
  const { peerPort } = await own.accept('::1');
  const after = BigInt(Date.now() + 1) * 1_000_000n;
  plugin.flush();
  const [record] = kept.records;
  assert.ok(record);

  const attributes: Record<string, unknown> = { ...record.attributes };
  for (const { name, type } of ATTRIBUTES) {
    if (!(name in attributes)) continue;
    assert.equal(typeof attributes[name], type === 'int' || type === 'double' ? 'number' : type, name);
    if (type === 'int') assert.ok(Number.isInteger(attributes[name]), name);
  }
  const { 'log.record.uid': uid, 'tcpaccept.socket.cookie': cookie, ...facts } = attributes;
  assert.match(String(uid), /^[0-9a-f]{32}-[0-9a-z]+-\d+-\d+$/);
  assert.match(String(cookie), /^[1-9]\d*$/);
  const {
    'tcpaccept.accept_queue.duration': queued,
    'tcpaccept.tcp.rtt': rtt,
    'container.id': _id,
    'container.runtime.name': _runtime,
    'k8s.pod.uid': _pod,
    'process.creation.time': created,
    'process.user.name': _user,
    'process.real_user.name': _realUser,
    ...exact
  } = facts;
  assert.ok(typeof queued === 'number' && queued > 0 && queued < 10);
  assert.ok(typeof rtt === 'number' && rtt > 0 && rtt < 10);
  assert.ok(Math.abs(Date.now() - process.uptime() * 1000 - Date.parse(String(created))) < 10_000, `${created}`);
  const executable = realpathSync(process.execPath);
  assert.deepEqual(exact, {
    'network.transport': 'tcp',
    'network.type': 'ipv6',
    'network.peer.address': '::1',
    'network.peer.port': peerPort,
    'network.local.address': '::1',
    'network.local.port': own.port,
    'process.pid': process.pid,
    'thread.name': readFileSync('/proc/self/comm', 'utf8').trim(),
    'process.executable.name': basename(executable),
    'process.executable.path': executable,
    'process.parent_pid': process.ppid,
    'process.user.id': process.geteuid?.(),
    'process.real_user.id': process.getuid?.(),
    'process.linux.cgroup': parseProcCgroup(readFileSync('/proc/self/cgroup', 'utf8')),
    'tcpaccept.thread.id': process.pid,
    'tcpaccept.network_namespace': statSync('/proc/self/ns/net').ino,
    'tcpaccept.mount_namespace': statSync('/proc/self/ns/mnt').ino,
    'tcpaccept.cgroup.id': cgroupIdOf(process.pid).toString(),
    'tcpaccept.socket.family': 'inet6',
    'tcpaccept.accept_queue.length': 0,
    'tcpaccept.accept_queue.limit': 511,
    'tcpaccept.accept.method': 'syscall',
    'tcpaccept.mptcp': false,
  });

  assert.equal(record.eventName, 'tcpaccept.connection.accepted');
  assert.equal(record.severityNumber, 9);
  assert.equal(record.severityText, undefined);
  assert.equal(record.body, `${exact['thread.name']}[${process.pid}] accepted [::1]:${peerPort} on [::1]:${own.port}`);
  const { name, version, schemaUrl } = record.instrumentationScope;
  assert.deepEqual([name, version], [PACKAGE_NAME, PACKAGE_VERSION]);
  assert.equal(schemaUrl, 'https://opentelemetry.io/schemas/1.45.0');
  const unixNs = ([seconds, ns]: [number, number]) => BigInt(seconds) * 1_000_000_000n + BigInt(ns);
  const accepted = unixNs(record.hrTime);
  assert.ok(before <= accepted && accepted <= after, `${before} ${accepted} ${after}`);
  assert.ok(unixNs(record.hrTimeObserved) >= accepted);
});

test('it is the record that the command makes of the same accept', async () => {
  using kept = KeptRecords.registered();
  await using own = await OwnServer.listen('::');
  using plugin = new Plugin();
  await using command = await TracerCommand.tracing(['--output', 'ndjson', '--hook', 'syscall', '-P', `${own.port}`]);
  for (const host of ['::1', '127.0.0.1']) await own.accept(host);
  plugin.flush();
  await command.untilLines(2);
  for (const [index, line] of command.lines.entries()) {
    const { timestamp: _, event_name, 'log.record.uid': uid, ...attributes } = JSON.parse(line);
    const { 'log.record.uid': ownUid, ...ownAttributes } = { ...kept.records[index]?.attributes };
    assert.equal(event_name, kept.records[index]?.eventName);
    // Each stamps the connection itself, one after the other.
    const queued = 'tcpaccept.accept_queue.duration';
    assert.ok(Math.abs(attributes[queued] - Number(ownAttributes[queued])) < 1);
    assert.deepEqual({ ...attributes, [queued]: 0 }, { ...ownAttributes, [queued]: 0 });
    assert.deepEqual(Object.keys(attributes), Object.keys(ownAttributes));
    assert.notEqual(uid, ownUid);
  }
});

test('without a provider a record is dropped; with one registered later, the next is emitted', async () => {
  await using own = await OwnServer.listen();
  using plugin = new Plugin();
  await own.accept();
  plugin.flush();
  assertCounts(plugin.counts(), { dropped: 1, emitted: 0 });
  using kept = KeptRecords.registered();
  const { peerPort } = await own.accept();
  plugin.flush();
  assert.deepEqual(kept.peerPorts, [peerPort]);
  assertCounts(plugin.counts(), { dropped: 1, emitted: 1 });
});

test('NodeSDK gets the records until it is shut down', async () => {
  const kept = new KeptRecords();
  await using own = await OwnServer.listen();
  using plugin = new Plugin();
  const sdk = new NodeSDK({
    instrumentations: [plugin],
    logRecordProcessors: [kept],
    spanProcessors: [],
    metricReaders: [],
    autoDetectResources: false,
  });
  sdk.start();
  try {
    const { peerPort } = await own.accept();
    plugin.flush();
    assert.deepEqual(kept.peerPorts, [peerPort]);
    await sdk.shutdown();
    await own.accept();
    plugin.flush();
    assertCounts(plugin.counts(), { emitted: 1, dropped: 1 });
  } finally {
    logs.disable();
  }
});

test('registerInstrumentations hands it a provider, and enables one that was made with enabled: false', async () => {
  const kept = new KeptRecords();
  await using own = await OwnServer.listen();
  using plugin = new Plugin({ enabled: false });
  assert.equal(plugin.isEnabled(), false);
  await own.accept();
  const unregister = registerInstrumentations({ instrumentations: [plugin], loggerProvider: kept.provider });
  assert.equal(plugin.isEnabled(), true);
  const { peerPort } = await own.accept();
  unregister();
  assert.equal(plugin.isEnabled(), false);
  assert.deepEqual(kept.peerPorts, [peerPort]);
});

test('disable emits at once what was recorded, enable begins a new ledger, counts hold while it is off', async () => {
  using kept = KeptRecords.registered();
  await using own = await OwnServer.listen();
  using plugin = new Plugin({ enabled: false });
  assertCounts(plugin.counts(), { seen: 0 });
  const listeners = process.listenerCount('beforeExit');
  plugin.enable();
  plugin.enable();
  const clients = [];
  for (let i = 0; i < 20; i++) clients.push(await own.accept());
  plugin.disable();
  plugin.disable();
  assert.deepEqual(
    kept.peerPorts,
    clients.map(({ peerPort }) => peerPort),
  );
  assert.equal(process.listenerCount('beforeExit'), listeners);
  assertCounts(plugin.counts(), { emitted: 20 });

  await own.accept();
  plugin.flush();
  assertCounts(plugin.counts(), { emitted: 20, in_ring: 0 });
  plugin.enable();
  assertCounts(plugin.counts(), { emitted: 0 });
  await own.accept();
  plugin.disable();
  assertCounts(plugin.counts(), { emitted: 1 });
  assert.equal(kept.records.length, 21);
});

test('disable and enable from inside the application logger', async () => {
  await using own = await OwnServer.listen();
  let emitted = 0;
  using plugin = new Plugin();
  plugin.setLoggerProvider({
    getLogger: () => ({
      enabled: () => true,
      emit: () => {
        emitted++;
        plugin.disable();
        plugin.enable();
      },
    }),
  });
  for (let round = 1; round <= 3; round++) {
    await own.accept();
    plugin.flush();
    assert.equal(emitted, round);
  }
  assert.equal(plugin.isEnabled(), true);
});

for (const thrown of [new Error('no room'), 'no room', Object.create(null)]) {
  test(`a logger that throws ${thrown instanceof Error ? 'an error' : `a ${typeof thrown}`} loses its records`, async () => {
    using heard = new HeardDiag();
    await using own = await OwnServer.listen();
    using plugin = new Plugin();
    plugin.setLoggerProvider({
      getLogger: () => ({
        enabled: () => true,
        emit: () => {
          throw thrown;
        },
      }),
    });
    await own.accept();
    await own.accept();
    plugin.flush();
    assertCounts(plugin.counts(), { dropped: 2, emitted: 0 });
    assert.equal(heard.warnings.length, 1);
    assert.match(heard.warnings[0] ?? '', /the application's logger threw \((no room|a string|a object)\)/);
    assert.deepEqual(heard.errors, []);
  });
}

test('a logger that cannot say whether it is enabled gets the records', async () => {
  await using own = await OwnServer.listen();
  using plugin = new Plugin();
  let emitted = 0;
  const older: Pick<Logger, 'emit'> = { emit: () => emitted++ };
  plugin.setLoggerProvider({ getLogger: () => older as Logger });
  await own.accept();
  plugin.flush();
  assert.equal(emitted, 1);
  assertCounts(plugin.counts(), { emitted: 1 });
});

test('two at once are complained of', async () => {
  using heard = new HeardDiag();
  using _first = new Plugin();
  assert.deepEqual(heard.warnings, []);
  using _second = new Plugin();
  assert.equal(heard.warnings.length, 1);
});
