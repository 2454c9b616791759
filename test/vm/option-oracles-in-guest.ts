/**
 * Runs inside a guest: bcc's tcpaccept and ours with the same options and the same pinned maps, side by side on the same
 * connections, while the maps change. Usage: option-oracles-in-guest.ts RESULT_FILE. Needs root, bcc and the headers.
 */
import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { TracerCommand } from '../collector/tracer-command.ts';
import { ACCEPTORS, type Acceptor, Acceptors, FAMILIES, type Made } from '../kernel/acceptors.ts';
import { BpfFilesystem, CGROUP_SET, type MapShape, MOUNT_NAMESPACE_SET } from '../kernel/bpf-filesystem.ts';
import { cgroupIdOf } from '../kernel/cgroup.ts';

/** Both tables of one set of options: the first lines, and those of the connections that are compared. */
export interface OptionTables {
  readonly options: string;
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
  readonly first: { readonly ours: readonly string[]; readonly theirs: readonly string[] };
  readonly rounds: readonly OptionRound[];
}

/** One connection to every listener, between two changes of the maps: `RPORT LPORT` of those made, and of those wanted. */
export interface OptionRound {
  readonly made: readonly string[];
  readonly wanted: readonly string[];
}

/** Four that compile side by side, each for a minute or two. */
const COMPILED_MILLIS = 700_000;
const READY_MILLIS = 120_000;
const ROUND_MILLIS = 10_000;
const SHOWN_MILLIS = 30_000;
const PAUSE_MILLIS = 100;
const BCC = ['python3', '-u', '/usr/sbin/tcpaccept-bpfcc'] as const;
/** Who is in both pinned maps, one round after the other. Rows of one CPU may be late: the last rounds bring them out. */
const ROUNDS: readonly (readonly Acceptor[])[] = [['grouped', 'unshared'], ['own'], [], ['grouped', 'unshared', 'own']];
const LAST_ROUNDS = 3;

/** Those who are in the maps; what the process is in is what is put there. */
let members: ReadonlySet<Acceptor> = new Set();

await using acceptors = await Acceptors.start();
using bpf = new BpfFilesystem();
const cgroups = bpf.createMap('cgroups', CGROUP_SET);
const mounts = bpf.createMap('mounts', MOUNT_NAMESPACE_SET);
const ownMount = BigInt(acceptors.grouped.facts.namespaces.mnt);

interface MapOfMembers {
  readonly path: string;
  readonly shape: MapShape;
  readonly memberOf: Readonly<Record<Acceptor, bigint>>;
}
const ownCgroup = cgroupIdOf(process.pid);
const MAPS = {
  cgroups: {
    path: cgroups,
    shape: CGROUP_SET,
    memberOf: { grouped: acceptors.cgroup.id, unshared: ownCgroup, own: ownCgroup },
  },
  mounts: {
    path: mounts,
    shape: MOUNT_NAMESPACE_SET,
    memberOf: { grouped: ownMount, unshared: BigInt(acceptors.unshared.facts.namespaces.mnt), own: ownMount },
  },
} as const satisfies Record<string, MapOfMembers>;

const inMap = ({ memberOf }: MapOfMembers, acceptor: Acceptor) =>
  [...members].some((member) => memberOf[member] === memberOf[acceptor]);
const somePorts = [acceptors.portOf('grouped', 'inet'), acceptors.portOf('own', 'inet6')];

const OPTIONS: readonly (readonly [options: readonly string[], wants: (made: Made) => boolean])[] = [
  [['-T', '-t', '-P', `${somePorts}`], ({ port }) => somePorts.includes(port)],
  [['-p', `${acceptors.unshared.pid}`, '-4'], ({ acceptor, family }) => acceptor === 'unshared' && family === 'inet'],
  [['-6', '--cgroupmap', cgroups], ({ acceptor, family }) => family === 'inet6' && inMap(MAPS.cgroups, acceptor)],
  [['--mntnsmap', mounts], ({ acceptor }) => inMap(MAPS.mounts, acceptor)],
];

/** One table, ours or bcc's, and what it is to show. */
interface Watch {
  readonly table: TracerCommand;
  readonly wants: (made: Made) => boolean;
}

changeTo(['grouped', 'unshared']);
const theirs = OPTIONS.map(
  ([options, wants]): Watch => ({ table: new TracerCommand(options, { command: BCC }), wants }),
);
await untilTheirHeaders();
const ours = OPTIONS.map(
  ([options, wants]): Watch => ({ table: new TracerCommand(['--hook', 'fexit', ...options]), wants }),
);
const all = [...theirs, ...ours];
await untilReady(all);

const from = new Map(all.map(({ table }) => [table, table.lines.length]));
const rounds: { made: readonly Made[]; wanted: readonly (readonly Made[])[] }[] = [];
for (const who of [...ROUNDS, ...Array.from({ length: LAST_ROUNDS }, () => ['grouped', 'unshared'] as const)]) {
  changeTo(who);
  const made = await acceptors.makeConnections();
  const wanted = OPTIONS.map(([, wants]) => made.filter(wants));
  rounds.push({ made, wanted });
  await untilShown(all, made, SHOWN_MILLIS);
}
for (const { table } of all) table.signal('SIGINT');
const end = await Promise.all(all.map(({ table }) => table.ended()));
const failed = end.find(({ code, signal }) => code !== 0 && signal !== 'SIGINT');
if (failed) throw new Error(`a tracer ended with ${failed.code ?? failed.signal}: ${failed.stderr}`);

const ports = new Set(
  ACCEPTORS.flatMap((acceptor) => FAMILIES.map((family) => `${acceptors.portOf(acceptor, family)}`)),
);
const compared = ({ table }: Watch) => table.lines.slice(from.get(table)).filter((line) => ports.has(portOf(line)));
const tables = OPTIONS.map(([options], i): OptionTables => {
  const [our, their] = [ours[i], theirs[i]];
  if (!our || !their) throw new Error('a table is not there');
  return {
    options: options.map((option) => (option.startsWith('/') ? 'PATH' : option)).join(' '),
    ours: compared(our),
    theirs: compared(their),
    first: { ours: our.table.lines.slice(0, 2), theirs: their.table.lines.slice(0, 2) },
    rounds: rounds.map(({ made, wanted }) => ({
      made: made.map(keyOf),
      wanted: (wanted[i] ?? []).map(keyOf),
    })),
  };
});
writeFileSync(process.argv[2] ?? '/dev/stdout', JSON.stringify(tables));

/** Puts in both maps what these are in, and takes out the rest; by bpftool, entry by entry. */
function changeTo(who: readonly Acceptor[]): void {
  for (const { path, shape, memberOf } of Object.values(MAPS)) {
    const [before, after] = [[...members], who].map((set) => new Set(set.map((one) => memberOf[one])));
    for (const member of before ?? []) if (!after?.has(member)) bpf.remove(path, shape, member);
    for (const member of after ?? []) if (!before?.has(member)) bpf.insert(path, shape, member);
  }
  members = new Set(who);
}

function portOf(line: string): string {
  return line.trimEnd().split(' ').at(-1) ?? '';
}

function keyOf({ client, port }: Made): string {
  return `${client.peerPort} ${port}`;
}

function shows({ table, wants }: Watch, made: readonly Made[]): boolean {
  const shown = new Set(
    table.lines.map((line) => line.trimEnd().split(/\s+/)).map((row) => `${row.at(-3)} ${row.at(-1)}`),
  );
  return made.filter(wants).every((one) => shown.has(keyOf(one)));
}

/** Whether all show all they should in time; what does not is for the test to find. */
async function untilShown(watches: readonly Watch[], made: readonly Made[], withinMillis: number): Promise<boolean> {
  const deadline = performance.now() + withinMillis;
  while (!watches.every((watch) => shows(watch, made))) {
    if (performance.now() > deadline) return false;
    await pause(PAUSE_MILLIS);
  }
  return true;
}

/** bcc prints its header when it has compiled; until then nothing else should take the guest's time. */
async function untilTheirHeaders(): Promise<void> {
  const deadline = performance.now() + COMPILED_MILLIS;
  while (!theirs.every(({ table }) => table.lines.length > 0)) {
    if (performance.now() > deadline) throw new Error(`bcc is not ready: ${theirs.map(({ table }) => table.stderr)}`);
    await pause(PAUSE_MILLIS);
  }
}

/** Makes connections until all show one round of them in full: reading begins a moment after the header. */
async function untilReady(watches: readonly Watch[]): Promise<void> {
  const deadline = performance.now() + READY_MILLIS;
  while (!(await untilShown(watches, await acceptors.makeConnections(), ROUND_MILLIS))) {
    if (performance.now() > deadline) throw new Error(`not ready: ${watches.map(({ table }) => table.lines.length)}`);
  }
}
