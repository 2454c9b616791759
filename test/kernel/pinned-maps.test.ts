import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TcpAcceptError } from '../../src/errors.ts';
import { Acceptors } from './acceptors.ts';
import { BpfFilesystem, CGROUP_SET, MOUNT_NAMESPACE_SET } from './bpf-filesystem.ts';
import { ownBpfObjects, ownDescriptors } from './bpf-objects.ts';
import { connectTo } from './client.ts';
import { Trace } from './trace.ts';

let acceptors: Acceptors;
let bpf: BpfFilesystem;

before(async () => {
  bpf = new BpfFilesystem();
  acceptors = await Acceptors.start();
  await using _trace = new Trace();
  const { programs, links } = ownBpfObjects();
  bpf.pin('prog', programs[0] ?? 0, 'program');
  for (const [i, id] of links.entries()) bpf.pin('link', id, `link_${i}`);
  bpf.createMap('array', { type: 'array', key: 4, value: 8 });
  bpf.createMap('lru_hash', { type: 'lru_hash', key: 8, value: 8 });
  bpf.createMap('short_key', { type: 'hash', key: 4, value: 8 });
  bpf.createMap('long_value', { type: 'hash', key: 8, value: 16 });
});

after(async () => {
  await acceptors[Symbol.asyncDispose]();
  bpf[Symbol.dispose]();
});

const OPTIONS = [
  {
    option: '--cgroupmap',
    setting: 'cgroupMapPath',
    shape: CGROUP_SET,
    acceptor: 'grouped',
    member: () => acceptors.cgroup.id,
  },
  {
    option: '--mntnsmap',
    setting: 'mountNamespaceMapPath',
    shape: MOUNT_NAMESPACE_SET,
    acceptor: 'unshared',
    member: () => BigInt(acceptors.unshared.facts.namespaces.mnt),
  },
] as const;

const MISTAKES: readonly (readonly [paths: () => readonly string[], what: RegExp])[] = [
  [() => [bpf.pathOf('nothing'), '/nonexistent/folder/map'], /does not exist/],
  [() => [new URL(import.meta.url).pathname, bpf.path], /is not a pinned BPF map/],
  [() => [bpf.pathOf('array')], /is a map of type array with key 4 and value 8/],
  [() => [bpf.pathOf('lru_hash')], /is a map of type lru_hash with key 8 and value 8/],
  [() => [bpf.pathOf('short_key')], /is a map of type hash with key 4 and value 8/],
  [() => [bpf.pathOf('long_value')], /is a map of type hash with key 8 and value 16/],
  [() => [bpf.pathOf('program')], /is a pinned program, not a map/],
  [() => [0, 1, 2, 3].map((i) => bpf.pathOf(`link_${i}`)), /is a pinned link, not a map/],
];

for (const { option, setting, shape, acceptor, member } of OPTIONS) {
  test(`${option}: a change of the set counts from the next accept`, async () => {
    const server = acceptors[acceptor];
    const listener = await server.listen('inet', '127.0.0.1');
    const path = bpf.createMap(acceptor, shape);
    await using trace = new Trace({ [setting]: path });
    const acceptOne = async () => {
      const { peerPort } = await connectTo(listener.port, '127.0.0.1');
      await server.accept(listener);
      return peerPort;
    };

    await acceptOne();
    bpf.insert(path, shape, member());
    const kept = [await acceptOne(), await acceptOne()];
    bpf.remove(path, shape, member());
    await acceptOne();
    await trace.stop();
    assert.deepEqual(
      trace.of(server.pid).map(({ peerPort }) => peerPort),
      kept,
    );
  });

  for (const [paths, what] of MISTAKES) {
    test(`${option}: refused because it ${what.source}; nothing is made`, () => {
      const [pins, descriptors] = [bpf.pins(), ownDescriptors()];
      for (const path of paths()) {
        assert.throws(
          () => new Trace({ hook: 'auto', [setting]: path }),
          (error) => {
            assert.ok(error instanceof TcpAcceptError);
            assert.deepEqual([error.code, error.exitCode], ['ERR_PINNED_MAP', 2]);
            assert.ok(error.message.startsWith(`${option}: ${path} `), error.message);
            assert.match(error.message, what);
            assert.match(error.message, new RegExp(`type hash key ${shape.key} value ${shape.value} `));
            return true;
          },
        );
      }
      assert.deepEqual([bpf.pins(), ownDescriptors()], [pins, descriptors]);
    });
  }
}
