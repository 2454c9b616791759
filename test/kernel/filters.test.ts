import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AcceptedConnection } from '../../src/kernel/accepted-connection.ts';
import type { TracerSettings } from '../../src/kernel/open-session.ts';
import { Acceptors, type Made } from './acceptors.ts';
import { BpfFilesystem, CGROUP_SET, MOUNT_NAMESPACE_SET } from './bpf-filesystem.ts';
import { Trace } from './trace.ts';

interface Filter {
  readonly name: string;
  readonly settings: () => Partial<TracerSettings>;
  readonly keeps: (made: Made) => boolean;
}

let acceptors: Acceptors;
let bpf: BpfFilesystem;
/** Unfiltered: what the rest of the host accepts meanwhile is filtered too, and must be told apart. */
let witness: Trace;

before(async () => {
  bpf = new BpfFilesystem();
  acceptors = await Acceptors.start();
  bpf.insert(bpf.createMap('cgroupset', CGROUP_SET), CGROUP_SET, acceptors.cgroup.id);
  const mountNamespace = BigInt(acceptors.unshared.facts.namespaces.mnt);
  bpf.insert(bpf.createMap('mnt_ns_set', MOUNT_NAMESPACE_SET), MOUNT_NAMESPACE_SET, mountNamespace);
  witness = new Trace();
});

after(async () => {
  await witness[Symbol.asyncDispose]();
  await acceptors[Symbol.asyncDispose]();
  bpf[Symbol.dispose]();
});

const keptPorts = () => [
  acceptors.portOf('grouped', 'inet'),
  acceptors.portOf('unshared', 'inet6'),
  acceptors.portOf('own', 'inet6'),
];

const FILTERS: readonly Filter[] = [
  {
    name: 'pid',
    settings: () => ({ pid: acceptors.grouped.pid }),
    keeps: ({ acceptor }) => acceptor === 'grouped',
  },
  {
    name: 'own process',
    settings: () => ({ ownProcess: true }),
    keeps: ({ acceptor }) => acceptor === 'own',
  },
  {
    name: 'ports',
    settings: () => ({ ports: keptPorts() }),
    keeps: ({ port }) => keptPorts().includes(port),
  },
  {
    name: 'inet',
    settings: () => ({ family: 'inet' }),
    keeps: ({ family }) => family === 'inet',
  },
  {
    name: 'inet6',
    settings: () => ({ family: 'inet6' }),
    keeps: ({ family }) => family === 'inet6',
  },
  {
    name: 'cgroup map',
    settings: () => ({ cgroupMapPath: bpf.pathOf('cgroupset') }),
    keeps: ({ acceptor }) => acceptor === 'grouped',
  },
  {
    name: 'mount-namespace map',
    settings: () => ({ mountNamespaceMapPath: bpf.pathOf('mnt_ns_set') }),
    keeps: ({ acceptor }) => acceptor === 'unshared',
  },
];

const keyOfMade = ({ client, port }: Made) => `${client.peerAddress} ${client.peerPort} > ${port}`;
const keyOf = (record: AcceptedConnection) => `${record.peerAddress} ${record.peerPort} > ${record.localPort}`;

/** Records the witness has taken since it was last asked. */
function takeWitnessed(): AcceptedConnection[] {
  witness.tracer.drain();
  return witness.connections.splice(0);
}

async function check(filters: readonly Filter[]): Promise<void> {
  takeWitnessed();
  await using trace = new Trace(Object.assign({}, ...filters.map(({ settings }) => settings())));
  const made = await acceptors.makeConnections();
  const counts = await trace.stop();

  const ours = new Set(made.map(keyOfMade));
  const foreign = takeWitnessed().filter((record) => !ours.has(keyOf(record))).length;
  const wanted = made.filter((one) => filters.every(({ keeps }) => keeps(one))).map(keyOfMade);
  const kept = trace.connections.map(keyOf).filter((key) => ours.has(key));
  assert.deepEqual(kept.sort(), wanted.sort());
  assert.equal(counts.submitted, trace.connections.length);
  assert.equal(counts.seen, counts.filtered + counts.unreadable + counts.submitted);
  const unwanted = made.length - wanted.length;
  assert.ok(unwanted <= counts.filtered && counts.filtered <= unwanted + foreign, JSON.stringify({ counts, foreign }));
}

test('no filter keeps every connection', () => check([]));
for (const [i, filter] of FILTERS.entries()) {
  test(`filter by ${filter.name}`, () => check([filter]));
  for (const other of FILTERS.slice(i + 1)) {
    // One setting cannot be both families.
    if (filter.name === 'inet' && other.name === 'inet6') continue;
    test(`filter by ${filter.name} and ${other.name}`, () => check([filter, other]));
  }
}
