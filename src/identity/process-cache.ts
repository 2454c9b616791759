import { basename } from 'node:path';
import type { RecordView } from '../kernel/record-view.ts';
import { parseCgroupPath } from './cgroup-path.ts';
import { CgroupTree } from './cgroup-tree.ts';
import { hasInitialPids } from './pid-namespace.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { type ProcFacts, readProcess } from './read-process.ts';
import type { ContainerFacts, ContainerLookup } from './runtime/container-facts.ts';
import { UserNames } from './user-names.ts';

export interface ProcessCacheOptions {
  /** Programs remembered; default 4096, about 2 MB. The one met first makes room. */
  readonly capacity?: number;
  /** Where proc is mounted; default `/proc`. */
  readonly procRoot?: string;
  /** Every connection is our own process's, so that its pid need not be one of this /proc; default false. */
  readonly ownProcess?: boolean;
  /** Command lines are read, and what `redact` does to one is kept; default: they are not. */
  readonly redact?: (commandLine: string) => string;
  readonly cgroups?: Pick<CgroupTree, 'pathOf'>;
  readonly users?: Pick<UserNames, 'nameOf'>;
  /** Who is asked what containers are called; default: nobody. */
  readonly containers?: ContainerLookup | undefined;
}

/** What the kernel says of a process that did something: which one it was, which program, user and cgroup. */
export type ProcessSighting = Pick<
  RecordView,
  | 'pid'
  | 'processStartBootNanos'
  | 'execCount'
  | 'executableName'
  | 'userId'
  | 'realUserId'
  | 'cgroupNumber'
  | 'bootToUnixNs'
  | 'observedBootNanos'
>;

/** Whoever knows who it was; `undefined` of nobody it knows. */
export interface ProcessLookup {
  identify(sighting: ProcessSighting): ProcessIdentity | undefined;
}

/** What was found out, and of whom. */
interface Entry
  extends Pick<ProcessSighting, 'processStartBootNanos' | 'execCount' | 'userId' | 'realUserId' | 'cgroupNumber'> {
  identity: ProcessIdentity;
  /** From when on /proc is asked again; never, once it has answered. */
  readonly askAgainBootNanos: number;
}

/** Times in /proc are whole ticks, of a hundredth of a second on x86_64 and arm64 (USER_HZ). */
const TICK_NANOS = 10_000_000;
/** The kernel's name of an executable ends here; a longer one may go on. */
const KERNEL_NAME_BYTES = 31;
const ASK_AGAIN_NANOS = 1e9;

/**
 * Says who accepted a connection: from the kernel's record, and from /proc and the cgroup tree once for each program.
 *
 * The kernel's record names the process by pid and start, and its program by counting execs. What is remembered is
 * believed for just that process and program, user and cgroup, so a look costs no file and allocates nothing; and what
 * /proc says is believed only of a process that started when the kernel says and runs a file of the name it says. A
 * process that is gone, or has become another program by then, keeps what the kernel recorded: its executable's name,
 * its users, and by its cgroup the container it was in.
 *
 * Limits: /proc is read some 20 ms after the accept. A process that by then runs another file of the same base name, as
 * after an upgrade in place, has that one's path. Of kernel threads, and of other users' processes without
 * CAP_SYS_PTRACE, the path is `undefined`.
 */
export class ProcessCache implements ProcessLookup {
  /** False where this /proc has other pids than the records, as in a container with its own: then it is not asked. */
  readonly usable: boolean;
  readonly #capacity: number;
  readonly #procRoot: string;
  readonly #ownProcess: boolean;
  readonly #redact: ((commandLine: string) => string) | undefined;
  readonly #cgroups: Pick<CgroupTree, 'pathOf'>;
  readonly #users: Pick<UserNames, 'nameOf'>;
  readonly #containers: ContainerLookup | undefined;
  /** By pid, the one met first first. */
  readonly #entries = new Map<number, Entry>();

  constructor({
    capacity = 4096,
    procRoot = '/proc',
    ownProcess = false,
    redact,
    cgroups = new CgroupTree(),
    users = new UserNames(),
    containers,
  }: ProcessCacheOptions = {}) {
    this.#capacity = capacity;
    this.#procRoot = procRoot;
    this.#ownProcess = ownProcess;
    this.#redact = redact;
    this.#cgroups = cgroups;
    this.#users = users;
    this.#containers = containers;
    if (containers) containers.onLearnt = (containerId, facts) => this.#name(containerId, facts);
    this.usable = ownProcess || hasInitialPids(procRoot);
  }

  /** Who it was, the same object until something of it changes. Never throws, and allocates nothing when it is known. */
  identify(sighting: ProcessSighting): ProcessIdentity {
    const known = this.#entries.get(sighting.pid);
    return known !== undefined && isStill(known, sighting) ? known.identity : this.#look(sighting).identity;
  }

  #look(sighting: ProcessSighting): Entry {
    const { pid, processStartBootNanos, execCount, userId, realUserId, cgroupNumber } = sighting;
    const facts = this.#read(sighting);
    const entry = {
      processStartBootNanos,
      execCount,
      userId,
      realUserId,
      cgroupNumber,
      identity: this.#identityOf(sighting, facts),
      askAgainBootNanos: facts ? Number.POSITIVE_INFINITY : sighting.observedBootNanos + ASK_AGAIN_NANOS,
    };
    this.#remember(pid, entry);
    return entry;
  }

  /** What /proc says, if it says it of this process and program. */
  #read({ pid, processStartBootNanos, executableName }: ProcessSighting): ProcFacts | undefined {
    if (!this.usable) return undefined;
    const facts = readProcess(`${this.#procRoot}/${this.#ownProcess ? 'self' : pid}`, this.#redact !== undefined);
    if (facts === undefined) return undefined;
    const isSameProcess =
      Number(facts.stat.startBootNs) === Math.floor(processStartBootNanos / TICK_NANOS) * TICK_NANOS;
    return isSameProcess && mayBeCalled(facts.executablePath, executableName) ? facts : undefined;
  }

  #identityOf(sighting: ProcessSighting, facts: ProcFacts | undefined): ProcessIdentity {
    const { executableName, processStartBootNanos, bootToUnixNs, userId, realUserId, cgroupNumber } = sighting;
    const executablePath = facts?.executablePath;
    const cgroupPath = facts?.cgroupPath ?? this.#cgroups.pathOf(cgroupNumber);
    const { containerId, podUid, runtime } = parseCgroupPath(cgroupPath ?? '');
    const container = containerId === undefined ? undefined : this.#containers?.factsOf(containerId);
    const commandLine = facts?.commandLine;
    return {
      executableName: executablePath === undefined ? executableName || undefined : basename(executablePath),
      executablePath,
      commandLine: commandLine === undefined ? undefined : this.#redact?.(commandLine),
      parentPid: facts?.stat.parentPid,
      creationTime: new Date((processStartBootNanos + Number(bootToUnixNs)) / 1e6).toISOString(),
      userName: this.#users.nameOf(userId),
      realUserName: this.#users.nameOf(realUserId),
      cgroupPath,
      containerId,
      containerRuntime: runtime,
      podUid,
      ...(container && { container }),
    };
  }

  /** An identity is another object once more is known: what was made from the one before is not taken for it. */
  #name(containerId: string, container: ContainerFacts): void {
    for (const entry of this.#entries.values()) {
      if (entry.identity.containerId === containerId) entry.identity = { ...entry.identity, container };
    }
  }

  #remember(pid: number, entry: Entry): void {
    this.#entries.delete(pid);
    this.#entries.set(pid, entry);
    if (this.#entries.size <= this.#capacity) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}

function isStill(entry: Entry, sighting: ProcessSighting): boolean {
  return (
    entry.processStartBootNanos === sighting.processStartBootNanos &&
    entry.execCount === sighting.execCount &&
    entry.cgroupNumber === sighting.cgroupNumber &&
    entry.userId === sighting.userId &&
    entry.realUserId === sighting.realUserId &&
    sighting.observedBootNanos < entry.askAgainBootNanos
  );
}

/** Where either does not know the name, nothing speaks against it. */
function mayBeCalled(path: string | undefined, kernelName: string): boolean {
  if (path === undefined || kernelName === '') return true;
  const name = basename(path);
  return Buffer.byteLength(kernelName) < KERNEL_NAME_BYTES ? name === kernelName : name.startsWith(kernelName);
}
