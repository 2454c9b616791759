/**
 * How many instructions the verifier goes through to load each program, with every filter on: what a change of ours
 * costs of the million it allows. The build prints them; `npm run instructions` records them as the bounds of the tests.
 */
import { release } from 'node:os';
import { TcpAcceptError } from '../src/errors.ts';
import { cgroupMountPoint } from '../src/identity/cgroup-mount.ts';
import { AcceptTracer } from '../src/kernel/accept-tracer.ts';
import { HOOKS } from '../src/kernel/binding.ts';
import { Listeners } from '../src/kernel/listeners.ts';
import type { TracerSettings } from '../src/kernel/open-session.ts';
import { MOST_DIRECTORIES, type Selection } from '../src/kernel/selection.ts';

/** What loads programs: a hook's tracer, or the list of listeners. */
export const LOADERS = [...HOOKS, 'listeners'] as const;
export type Loader = (typeof LOADERS)[number];

/** By program. */
export type InstructionCounts = Readonly<Record<string, number>>;

function both<Member>(member: Member, each = 1): Selection<Member> {
  const members = Array.from({ length: each }, () => member);
  return { included: members, excluded: members };
}

/** The settings under which the verifier has most to do: nothing they switch off is looked at. */
function everyFilter(): Omit<TracerSettings, 'hook'> {
  const mountPoint = cgroupMountPoint();
  const addresses = both({ address: Array.from({ length: 16 }, () => 0), prefixBits: 128 });
  return {
    ringBytes: 4096,
    connections: true,
    pid: process.pid,
    ownProcess: true,
    family: 'inet',
    ports: [1],
    peers: addresses,
    locals: addresses,
    users: both(1),
    networkNamespaces: both(1),
    ...(mountPoint !== undefined && {
      cgroupDirectories: both(mountPoint, MOST_DIRECTORIES / 2),
      containerDirectories: both(mountPoint, MOST_DIRECTORIES / 2),
    }),
    self: 'ports',
    selfPorts: [1],
  };
}

/** Counts of the programs it loads here; `TcpAcceptError` where it cannot. */
export function measureInstructions(loader: Loader): InstructionCounts | TcpAcceptError {
  try {
    const loaded = loader === 'listeners' ? new Listeners() : new AcceptTracer({ ...everyFilter(), hook: loader });
    const counts = loaded.verifiedInstructions();
    loaded.close();
    return counts;
  } catch (thrown) {
    return TcpAcceptError.from(thrown);
  }
}

/** One line a program, or why there is none. */
export function toText(loader: Loader, counts: InstructionCounts | TcpAcceptError): string {
  if (counts instanceof TcpAcceptError) return `  ${loader}: ${counts.message} (${counts.code})\n`;
  return Object.entries(counts)
    .map(([program, count]) => `  ${loader.padEnd(9)}  ${program.padEnd(29)}  ${String(count).padStart(7)}\n`)
    .join('');
}

if (import.meta.main) {
  process.stdout.write(`otel-tcpaccept: instructions verified by Linux ${release()}, with every filter on:\n`);
  for (const loader of LOADERS) process.stdout.write(toText(loader, measureInstructions(loader)));
}
