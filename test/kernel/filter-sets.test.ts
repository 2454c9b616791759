import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { resolveFilters } from '../../src/cli/resolve-filters.ts';
import { type FlagTexts, readConfig } from '../../src/config.ts';
import { AcceptTracer } from '../../src/kernel/accept-tracer.ts';
import type { AcceptedConnection } from '../../src/kernel/accepted-connection.ts';
import type { Hook } from '../../src/kernel/binding.ts';
import { FilterScene, type Made, NOBODY, networkNamespaceOf } from './filter-scene.ts';

/** One hook a run: guests set it, here it is the best the kernel has. */
const HOOK = (process.env['HOOK'] ?? 'auto') as Hook | 'auto';

interface Filter {
  readonly options: () => FlagTexts;
  readonly keeps: (made: Made) => boolean;
}

let scene: FilterScene;

before(async () => {
  scene = await FilterScene.start();
});

after(async () => {
  await scene[Symbol.asyncDispose]();
});

const isBelow = (made: Made, ...directories: readonly string[]) =>
  directories.some((directory) => `${made.cgroup}/`.startsWith(`${directory}/`));
const isIpv4 = ({ peerAddress }: Made) => peerAddress.includes('.');
const ownNamespaces = () => [1, 3].map((index) => networkNamespaceOf(scene.acceptor(index).pid));

/** By what the sentence of a test calls it. */
const ALONE: Readonly<Record<string, Filter>> = {
  'an IPv4 range of peers, mapped ones too': { options: () => ({ peers: '127.0.0.0/8' }), keeps: isIpv4 },
  'all peers but an IPv4 range': { options: () => ({ peers: '!127.0.0.0/8' }), keeps: (made) => !isIpv4(made) },
  'one peer, without a prefix length': {
    options: () => ({ peers: '127.1.2.3' }),
    keeps: ({ peerAddress }) => peerAddress === '127.1.2.3',
  },
  'a range of peers but a smaller one in it': {
    options: () => ({ peers: '127.0.0.0/8,!127.1.0.0/16' }),
    keeps: ({ peerAddress }) => peerAddress === '127.0.0.1',
  },
  'a range of peers but a smaller one in it but an address in that': {
    options: () => ({ peers: '127.1.2.3,!127.1.0.0/16,127.0.0.0/8' }),
    keeps: isIpv4,
  },
  'a smaller range of peers in one left out': {
    options: () => ({ peers: '!127.0.0.0/8,127.1.255.255/16' }),
    keeps: ({ peerAddress }) => peerAddress === '127.1.2.3',
  },
  'a peer that is kept and left out': { options: () => ({ peers: '!127.0.0.1,127.0.0.1' }), keeps: () => false },
  'a range of peers written as mapped': {
    options: () => ({ peers: '::ffff:127.1.0.0/112' }),
    keeps: ({ peerAddress }) => peerAddress === '127.1.2.3',
  },
  'one IPv6 peer': { options: () => ({ peers: '::1' }), keeps: (made) => !isIpv4(made) },
  'all peers but an IPv6 one': { options: () => ({ peers: '!::1' }), keeps: isIpv4 },
  'every IPv6 peer': { options: () => ({ peers: '::/0' }), keeps: (made) => !isIpv4(made) },
  'all peers but the IPv6 ones': { options: () => ({ peers: '!::/0' }), keeps: isIpv4 },
  'every IPv4 peer': { options: () => ({ peers: '0.0.0.0/0' }), keeps: isIpv4 },
  'peers that nobody here has': { options: () => ({ peers: '10.0.0.0/8,2001:db8::/32' }), keeps: () => false },
  'all peers but what nobody here has': { options: () => ({ peers: '!10.0.0.0/8' }), keeps: () => true },
  'a local range, mapped ones too': {
    options: () => ({ locals: '127.9.0.0/16' }),
    keeps: ({ localAddress }) => localAddress === '127.9.8.7',
  },
  'all local addresses but two': {
    options: () => ({ locals: '!127.9.8.7,!::1' }),
    keeps: ({ localAddress }) => localAddress === '127.0.0.1',
  },
  'a user by id': { options: () => ({ users: String(NOBODY) }), keeps: ({ user }) => user === NOBODY },
  'a user by name': { options: () => ({ users: 'root' }), keeps: ({ user }) => user === 0 },
  'all users but one': { options: () => ({ users: '!nobody' }), keeps: ({ user }) => user === 0 },
  'two users but one of them': { options: () => ({ users: '!0,0,nobody' }), keeps: ({ user }) => user === NOBODY },
  'a network namespace by inode': {
    options: () => ({ networkNamespaces: String(networkNamespaceOf(process.pid)) }),
    keeps: ({ networkNamespace }) => networkNamespace === networkNamespaceOf(process.pid),
  },
  'network namespaces by path': {
    options: () => ({ networkNamespaces: [1, 3].map((i) => `/proc/${scene.acceptor(i).pid}/ns/net`).join() }),
    keeps: ({ networkNamespace }) => ownNamespaces().includes(networkNamespace),
  },
  'all network namespaces but two': {
    options: () => ({
      networkNamespaces: ownNamespaces()
        .map((inode) => `!${inode}`)
        .join(),
    }),
    keeps: ({ networkNamespace }) => !ownNamespaces().includes(networkNamespace),
  },
  'a cgroup with those below it': {
    options: () => ({ cgroups: scene.cgroups.first }),
    keeps: (made) => isBelow(made, scene.cgroups.first),
  },
  'a cgroup as /proc/PID/cgroup has it': {
    options: () => ({ cgroups: scene.cgroups.second.slice(scene.cgroups.mountPoint.length) }),
    keeps: (made) => isBelow(made, scene.cgroups.second),
  },
  'a cgroup but one below it': {
    options: () => ({ cgroups: `${scene.cgroups.first},!${scene.cgroups.containers[0]}` }),
    keeps: ({ cgroup }) => cgroup === scene.cgroups.first,
  },
  'all cgroups but one': {
    options: () => ({ cgroups: `!${scene.cgroups.first}` }),
    keeps: (made) => !isBelow(made, scene.cgroups.first),
  },
  'the root cgroup': { options: () => ({ cgroups: '/' }), keeps: () => true },
  'all cgroups but the root': { options: () => ({ cgroups: '!/' }), keeps: () => false },
  'a cgroup that is kept and, with all others, left out': {
    options: () => ({ cgroups: `${scene.cgroups.first},!/` }),
    keeps: () => false,
  },
  'as many cgroups as fit': {
    options: () => ({ cgroups: `${'/,'.repeat(14)}${scene.cgroups.first},!${scene.cgroups.inner[0]}` }),
    keeps: ({ cgroup }) => cgroup !== scene.cgroups.inner[0],
  },
  'a container with two cgroups by its id': {
    options: () => ({ containers: scene.cgroups.containerId }),
    keeps: (made) => isBelow(made, ...scene.cgroups.containers),
  },
  'all containers but one, by the start of its id': {
    options: () => ({ containers: `!${scene.cgroups.containerId.slice(0, 12)}` }),
    keeps: (made) => !isBelow(made, ...scene.cgroups.containers),
  },
};

/** The second half is tcpaccept(8)'s. */
const PAIRED: Readonly<Record<string, Filter>> = {
  '--peer': { options: () => ({ peers: '127.1.0.0/16,::1' }), keeps: ({ peerAddress }) => peerAddress !== '127.0.0.1' },
  '--local': { options: () => ({ locals: '!127.0.0.1' }), keeps: ({ localAddress }) => localAddress !== '127.0.0.1' },
  '--uid': { options: () => ({ users: 'nobody' }), keeps: ({ user }) => user === NOBODY },
  '--netns': {
    options: () => ({ networkNamespaces: `!${networkNamespaceOf(process.pid)}` }),
    keeps: ({ networkNamespace }) => networkNamespace !== networkNamespaceOf(process.pid),
  },
  '--cgroup': {
    options: () => ({ cgroups: scene.cgroups.first }),
    keeps: (made) => isBelow(made, scene.cgroups.first),
  },
  '--container': {
    options: () => ({ containers: scene.cgroups.containerId }),
    keeps: (made) => isBelow(made, ...scene.cgroups.containers),
  },
  // In its own network namespace, the first cgroup and the container, so that it has something in common with all.
  '--pid': {
    options: () => ({ pid: String(scene.acceptor(5).pid) }),
    keeps: ({ pid }) => pid === scene.acceptor(5).pid,
  },
  '--port': {
    options: () => ({ ports: [1, 4, 5].map((i) => scene.acceptor(i).ports.inet).join() }),
    keeps: ({ localPort }) => [1, 4, 5].some((i) => scene.acceptor(i).ports.inet === localPort),
  },
  '--ipv4': { options: () => ({ family: 'ipv4' }), keeps: ({ family }) => family === 'inet' },
};
const OURS = ['--peer', '--local', '--uid', '--netns', '--cgroup', '--container'];

const keyOfMade = (made: Made) =>
  `${made.pid}: ${made.peerAddress} ${made.peerPort} > ${made.localAddress} ${made.localPort} as ${made.user}`;
const keyOf = (record: AcceptedConnection) =>
  `${record.pid}: ${record.peerAddress} ${record.peerPort} > ${record.localAddress} ${record.localPort} as ${record.userId}`;

async function tracerFor(flags: FlagTexts): Promise<AcceptTracer> {
  const filters = await resolveFilters(readConfig(flags, {}).config.filters);
  return new AcceptTracer({ ...filters, hook: HOOK, ringBytes: 1 << 20, self: 'none' });
}

/** How many were kept. Other processes of the host accept too: theirs are left aside. */
async function check(filters: readonly Filter[]): Promise<number> {
  await using tracer = await tracerFor(Object.assign({}, ...filters.map(({ options }) => options())));
  const records: AcceptedConnection[] = [];
  tracer.run((batch) => records.push(...batch.connections));
  const made = await scene.makeConnections();
  await tracer.stop();

  const ours = new Set(scene.acceptors.map(({ pid }) => pid));
  const wanted = made.filter((one) => filters.every(({ keeps }) => keeps(one)));
  assert.deepEqual(
    records
      .filter(({ pid }) => ours.has(pid))
      .map(keyOf)
      .sort(),
    wanted.map(keyOfMade).sort(),
  );
  const { seen, filtered, unreadable, submitted } = tracer.counts();
  assert.deepEqual({ seen, submitted }, { seen: filtered + unreadable + submitted, submitted: records.length });
  assert.ok(filtered >= made.length - wanted.length);
  return wanted.length;
}

for (const [name, filter] of Object.entries(ALONE)) {
  test(`keeps ${name}`, async () => {
    await check([filter]);
  });
}

for (const ours of OURS) {
  for (const [name, other] of Object.entries(PAIRED)) {
    const own = PAIRED[ours];
    if (!own || (OURS.indexOf(name) >= 0 && OURS.indexOf(name) <= OURS.indexOf(ours))) continue;
    test(`${ours} and ${name} keep what both keep`, async () => {
      assert.ok((await check([own, other])) > 0, 'nothing is kept by both, which shows little');
    });
  }
}

test('all filters at once keep what all keep', async () => {
  assert.ok((await check(Object.values(PAIRED))) > 0);
});
