import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AcceptTracer } from '../../src/kernel/accept-tracer.ts';
import type { AcceptedConnection } from '../../src/kernel/accepted-connection.ts';
import { loadNative } from '../../src/kernel/native.ts';
import type { TracerSettings } from '../../src/kernel/open-session.ts';
import { RECORD_BYTES } from '../../src/kernel/record-layout.ts';
import { unpin } from '../../src/kernel/unpin.ts';
import { CGROUP_SET } from './bpf-filesystem.ts';
import { assertFreed, listed, ownBpfObjects, ownDescriptors, ownMappings } from './bpf-objects.ts';
import { OwnServer } from './own-server.ts';
import { PinScene } from './pin-scene.ts';
import { Reader } from './reader.ts';

const SETTINGS = { hook: 'syscall', ringBytes: 1 << 16, self: 'none' } as const;
/** What a ring of one page holds: records, each with a header of 8. */
const PAGE_RECORDS = Math.floor(4096 / (RECORD_BYTES + 8));

function open(pinDirectory: string, more: Partial<TracerSettings> = {}): AcceptTracer {
  return new AcceptTracer({ ...SETTINGS, pinDirectory, ...more });
}

/** The ports of the clients whose records a tracer hands over until it stops. */
async function readAll(tracer: AcceptTracer, { holds = false } = {}): Promise<number[]> {
  const connections: AcceptedConnection[] = [];
  tracer.run((batch) => connections.push(...batch.connections), { holds });
  await tracer.stop();
  return connections.map(({ peerPort }) => peerPort);
}

async function acceptSome(server: OwnServer, count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let i = 0; i < count; i++) ports.push((await server.accept()).peerPort);
  return ports;
}

test('what is accepted while nobody reads is the next reader’s, and closing leaves it recording', async () => {
  using scene = new PinScene();
  await using server = await OwnServer.listen();
  const settings = { ports: [server.port] };
  const first = open(scene.directory, settings);
  assert.equal(first.earlier.were, false);
  assert.equal(statSync(scene.directory).mode & 0o777, 0o700);
  const made = await acceptSome(server, 3);
  assert.deepEqual(await readAll(first), made);
  const { loadedMonotonicNs } = first.earlier;
  first.close();

  const between = await acceptSome(server, 4);
  const second = open(scene.directory, settings);
  assert.equal(second.earlier.were, true);
  assert.equal(second.earlier.loadedMonotonicNs, loadedMonotonicNs);
  assert.equal(second.counts().submitted, 4);
  assert.equal(second.counts().in_ring, 4);
  const later = await acceptSome(server, 2);
  assert.deepEqual(await readAll(second), [...between, ...later]);
  const { submitted, in_ring, ring_full, unreadable } = second.counts();
  assert.deepEqual(
    { submitted, in_ring, ring_full, unreadable },
    { submitted: 6, in_ring: 0, ring_full: 0, unreadable: 0 },
  );
  second.close();
  unpin(scene.directory);
});

test('counts of a stopped reader of pins stand still, and what came since is the next one’s', async () => {
  using scene = new PinScene();
  await using server = await OwnServer.listen();
  const settings = { ports: [server.port] };
  const first = open(scene.directory, settings);
  await readAll(first);
  await acceptSome(server, 2);
  assert.equal(first.counts().submitted, 0);
  first.close();
  const second = open(scene.directory, settings);
  assert.equal(second.counts().submitted, 2);
  second.close();
  unpin(scene.directory);
});

test('a record that was not released is read again; what was released is not', async () => {
  using scene = new PinScene();
  await using server = await OwnServer.listen();
  const settings = { ports: [server.port] };
  const first = open(scene.directory, settings);
  const made = await acceptSome(server, 5);
  assert.deepEqual(await readAll(first, { holds: true }), made);
  first.release(2);
  assert.throws(() => first.release(4), { code: 'ERR_INTERNAL', message: /fewer were drained/ });
  first.close();
  first.release(1);

  const second = open(scene.directory, settings);
  assert.equal(second.counts().submitted, 3);
  assert.deepEqual(await readAll(second), made.slice(2));
  second.close();
  unpin(scene.directory);
});

test('a held ring that is full counts what it has no room for, also while nobody reads', async () => {
  using scene = new PinScene();
  await using server = await OwnServer.listen();
  const settings = { ports: [server.port], ringBytes: 4096 };
  const first = open(scene.directory, settings);
  await acceptSome(server, PAGE_RECORDS + 2);
  assert.equal((await readAll(first, { holds: true })).length, PAGE_RECORDS);
  assert.equal(first.counts().ring_full, 2);
  // Told of, and known to be.
  first.earlier.noteTelling(first.counts());
  first.earlier.noteTold(1n);
  first.close();
  await acceptSome(server, 3);

  const second = open(scene.directory, settings);
  const { seen, filtered, self, submitted, ring_full } = second.counts();
  assert.deepEqual([submitted, ring_full], [PAGE_RECORDS, 3]);
  assert.ok(seen >= filtered + self + submitted + ring_full);
  assert.equal(second.earlier.notes.told.ring_full, 2);
  assert.equal(second.earlier.notes.toldUnixNs, 1n);
  second.close();
  unpin(scene.directory);
});

test('a second reader is refused, and told which process is the first', async () => {
  using scene = new PinScene();
  await using reader = new Reader({ ringBytes: 4096, pinDirectory: scene.directory }, scene.file);
  await reader.ready();
  const held = { code: 'ERR_PIN_HELD', message: new RegExp(`${scene.directory} is in use by process ${reader.pid}: `) };
  assert.throws(() => open(scene.directory, { ringBytes: 4096 }), held);
  assert.throws(() => open(scene.directory, { ringBytes: 4096, hook: 'auto' }), held);
  assert.throws(() => unpin(scene.directory), held);
  await reader.stop();
  unpin(scene.directory);
});

test('auto takes the hook that is pinned, another one is refused', () => {
  using scene = new PinScene();
  open(scene.directory).close();
  const auto = open(scene.directory, { hook: 'auto' });
  assert.equal(auto.hook, 'syscall');
  assert.deepEqual(auto.refused, []);
  auto.close();
  assert.throws(() => open(scene.directory, { hook: 'fexit' }), {
    code: 'ERR_PIN',
    message: /--hook \(syscall there, fexit now\)/,
  });
  unpin(scene.directory);
});

const OTHERS: readonly (readonly [RegExp, Partial<TracerSettings>])[] = [
  [/--port \(\[80\] there, \[80,443\] now\)/, { ports: [443, 80] }],
  [/--port \(\[80\] there, none now\)/, { ports: [] }],
  [/--ring-bytes \(65536 there, 4096 now\)/, { ringBytes: 4096 }],
  [/--ipv4 or --ipv6 \(none there, inet now\)/, { family: 'inet' }],
  [/--uid \(none there, {"included":\[0\],"excluded":\[\]} now\)/, { users: { included: [0], excluded: [] } }],
  [/--pid \(none there, 1 in pid:\[\d+\] now\)/, { pid: 1 }],
  [
    /--peer \(none there, sha256 [0-9a-f]{64} now\)/,
    {
      peers: {
        included: [0, 1, 2, 3, 4].map((i) => ({
          address: [...Array.from({ length: 15 }, () => 255), i],
          prefixBits: 128,
        })),
        excluded: [],
      },
    },
  ],
  [/--cgroup \(none there, .*\(\d+\).* now\)/, { cgroupDirectories: { included: ['/sys/fs'], excluded: [] } }],
];

test('other settings are refused, and the difference is named; the pins stay as they are', async () => {
  using scene = new PinScene();
  open(scene.directory, { ports: [80] }).close();
  for (const [message, settings] of OTHERS) {
    assert.throws(() => open(scene.directory, { ports: [80], ...settings }), { code: 'ERR_PIN', message });
  }
  // Members of a set have no order.
  open(scene.directory, { ports: [80] }).close();
  unpin(scene.directory);
});

test('a filter map made anew under its old path is not the one that is pinned', async () => {
  using scene = new PinScene();
  const cgroupMapPath = scene.filesystem.createMap('set', CGROUP_SET);
  open(scene.directory, { cgroupMapPath }).close();
  open(scene.directory, { cgroupMapPath }).close();
  renameSync(cgroupMapPath, `${cgroupMapPath}-old`);
  scene.filesystem.createMap('set', CGROUP_SET);
  assert.throws(() => open(scene.directory, { cgroupMapPath }), {
    code: 'ERR_PIN',
    message: /the map of cgroups was made anew/,
  });
  unpin(scene.directory);
});

test('another build of the programs is refused', () => {
  using scene = new PinScene();
  open(scene.directory).close();
  const other = { ...loadNative(), programsVersion: () => 'another' };
  const settings = { ...SETTINGS, pinDirectory: scene.directory };
  assert.throws(() => new AcceptTracer(settings, other), {
    code: 'ERR_PIN',
    message: /pinned by another build .* otel-tcpaccept unpin /,
  });
  const pinned = new AcceptTracer(settings);
  assert.equal(pinned.earlier.were, true);
  pinned.close();
  unpin(scene.directory);
});

test('unpin leaves nothing of it, and lets others be', async () => {
  using scene = new PinScene();
  const before = ownBpfObjects();
  assert.deepEqual(before, { programs: [], links: [] });
  // Of a port where nothing is accepted.
  const tracer = open(scene.directory, { ports: [1] });
  const objects = ownBpfObjects();
  tracer.close();
  assert.deepEqual([ownDescriptors(), ownMappings()], [[], []]);
  const other = open(scene.filesystem.pathOf('other'));
  const others = ownBpfObjects();
  assert.ok(
    objects.links.every((id) => listed('link').some((link) => link.id === id)),
    'they outlive their process',
  );

  assert.deepEqual(unpin(scene.directory), { hook: 'syscall', links: objects.links.length, unreadRecords: 0 });
  await assertFreed(objects);
  assert.deepEqual(scene.pins(), ['other']);
  assert.ok(others.links.every((id) => listed('link').some((link) => link.id === id)));
  assert.throws(() => unpin(scene.directory), { code: 'ERR_PIN', message: /does not exist/ });
  other.close();
  unpin(scene.filesystem.pathOf('other'));
});

test('unpin says how many records nobody had read', async () => {
  using scene = new PinScene();
  await using server = await OwnServer.listen();
  open(scene.directory, { ports: [server.port] }).close();
  await acceptSome(server, 3);
  assert.equal(unpin(scene.directory).unreadRecords, 3);
});

test('what a killed process had not finished pinning is replaced, and unpin takes it away', async () => {
  using scene = new PinScene();
  await using server = await OwnServer.listen();
  const halfMade = async () => {
    const tracer = open(scene.directory, { ports: [server.port] });
    const objects = ownBpfObjects();
    tracer.close();
    renameSync(join(scene.directory, 'session'), join(scene.directory, 'unfinished'));
    return objects;
  };
  const first = await halfMade();
  await acceptSome(server, 2);
  const tracer = open(scene.directory, { ports: [server.port] });
  assert.equal(tracer.earlier.were, false);
  const made = await acceptSome(server, 1);
  assert.deepEqual(await readAll(tracer), made);
  await assertFreed(first);
  tracer.close();
  unpin(scene.directory);
  const second = await halfMade();
  assert.deepEqual(unpin(scene.directory), { hook: undefined, links: 0, unreadRecords: 0 });
  await assertFreed(second);
});

test('pins of which one is missing are refused', () => {
  using scene = new PinScene();
  open(scene.directory).close();
  execFileSync('rm', [join(scene.directory, 'session/link_accept4_syscall')]);
  assert.throws(() => open(scene.directory), {
    code: 'ERR_PIN',
    message: /lacks link_accept4_syscall .*otel-tcpaccept unpin/,
  });
  assert.equal(unpin(scene.directory).links, 4);
});

test('abandoned, what was pinned now is gone, and what was found stays', async () => {
  using scene = new PinScene();
  open(scene.directory).abandon();
  assert.deepEqual(scene.pins(), []);
  open(scene.directory).close();
  open(scene.directory).abandon();
  assert.deepEqual(scene.pins(), ['pins']);
  unpin(scene.directory);
});

test('a place that cannot be used is refused with the mend, and nothing is left of the attempt', () => {
  using scene = new PinScene();
  const refused = (path: string, message: RegExp) => {
    assert.throws(() => open(path), { code: 'ERR_PIN', message });
    assert.throws(() => open(path, { hook: 'auto' }), { code: 'ERR_PIN', message });
  };
  refused('/tmp/pins', /\/tmp\/pins is not on a BPF file system; mount -t bpf bpf \/sys\/fs\/bpf/);
  refused('/nowhere/pins', /there is no \/nowhere/);
  refused(scene.filesystem.path, /not ours; name a directory that does not exist yet/);
  const open755 = scene.filesystem.pathOf('755');
  mkdirSync(open755);
  chmodSync(open755, 0o755);
  refused(open755, /has mode 0755 .* it takes a directory of mode 0700/);
  const foreign = scene.filesystem.pathOf('foreign');
  mkdirSync(foreign, 0o700);
  mkdirSync(join(foreign, 'session'));
  symlinkSync('anything', join(foreign, 'session/theirs'));
  refused(foreign, /holds session\/theirs, which is not ours/);
  assert.throws(() => unpin(foreign), { code: 'ERR_PIN', message: /not ours/ });
  assert.throws(() => unpin('/tmp'), { code: 'ERR_PIN', message: /not on a BPF file system/ });
  assert.deepEqual(scene.pins().sort(), ['755', 'foreign']);
  assert.deepEqual(ownBpfObjects(), { programs: [], links: [] });
});

test('a start that fails for another reason leaves no pins', () => {
  using scene = new PinScene();
  assert.throws(() => open(scene.directory, { cgroupMapPath: '/nowhere' }), { code: 'ERR_PINNED_MAP' });
  assert.deepEqual(scene.pins(), []);
});
