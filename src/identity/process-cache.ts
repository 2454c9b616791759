import type { AcceptedConnection } from '../kernel/accepted-connection.ts';
import { hasInitialPids } from './pid-namespace.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { isSameProgram, readProcess, readProcStat } from './read-process.ts';

/** When and where a process was seen: what tells it from another that has or had its pid. */
export type ProcessSighting = Pick<
  AcceptedConnection,
  'pid' | 'cgroupId' | 'acceptedBootNs' | 'acceptedUnixNs' | 'observedUnixNs'
>;

export interface ProcessCacheOptions {
  /** Processes remembered; default 4096, about 2 MB. The one looked at longest ago makes room. */
  readonly capacity?: number;
  /** Where proc is mounted; default `/proc`. */
  readonly procRoot?: string;
  /** Every connection is our own process's, so that its pid need not be one of this /proc; default false. */
  readonly ownProcess?: boolean;
}

/** The process that had a pid when we looked, or `identity: undefined` when there was none to read. */
interface Entry {
  readonly startBootNs: bigint;
  readonly image: string;
  readonly identity: ProcessIdentity | undefined;
  /** The cgroup the record that made us read was in. */
  readonly cgroupId: bigint;
  /** The process was there at this time, or later and since `startBootNs`. */
  validBootNs: bigint;
}

/**
 * Says who accepted a connection, from /proc, and remembers it.
 *
 * The rule: a process seen now that started at S has had its pid ever since, so it accepted whatever its pid accepted
 * between S and now, and nothing before. Every connection handed to us was accepted before its batch was read
 * (`observedUnixNs`), so one look at /proc/PID/stat, about 5 us, settles all of a batch's connections of one pid: those
 * accepted before S are another's and get `undefined`, as those of a process that is gone. No look is trusted for a
 * connection accepted after it, so there is no window, one tick aside, in which a reused pid has the old one's facts.
 *
 * The facts are read anew when the look shows that the process has exec'ed, or when a record comes from another cgroup
 * than the one before it. They are those of the moment of reading: a process that execs or changes its cgroup between
 * the accept and our look, usually some 20 ms later, is described as it is then.
 *
 * Limits: times of start come in ticks of 10 ms, so a pid given to a new process within the tick in which the old one
 * accepted passes for the old one's; the kernel hands out pids in turn, so that takes a full round of pid_max forks, or
 * a privileged caller that picks its pid. A move between version 1 cgroups alone is not noticed, and a process whose
 * threads accept in several version 2 cgroups in turn is read anew each time. The executable of a kernel thread, and of
 * a process whose main thread has ended, is `undefined`; without CAP_SYS_PTRACE so is that of another user's process.
 */
export class ProcessCache {
  /** False where this /proc has other pids than the records, as in a container with its own: then nobody is known. */
  readonly usable: boolean;
  readonly #capacity: number;
  readonly #procRoot: string;
  readonly #ownProcess: boolean;
  /** By pid, the one looked at longest ago first. */
  readonly #entries = new Map<number, Entry>();

  constructor({ capacity = 4096, procRoot = '/proc', ownProcess = false }: ProcessCacheOptions = {}) {
    this.#capacity = capacity;
    this.#procRoot = procRoot;
    this.#ownProcess = ownProcess;
    this.usable = ownProcess || hasInitialPids(procRoot);
  }

  /** The process that accepted, the same object until it changes; `undefined` when it cannot be known. Never throws. */
  identify(connection: ProcessSighting): ProcessIdentity | undefined {
    if (!this.usable) return undefined;
    const { pid, acceptedBootNs, cgroupId } = connection;
    let entry = this.#entries.get(pid);
    if (entry === undefined || acceptedBootNs > entry.validBootNs || cgroupId !== entry.cgroupId) {
      entry = this.#look(connection, entry);
    }
    return acceptedBootNs >= entry.startBootNs ? entry.identity : undefined;
  }

  #look(connection: ProcessSighting, known: Entry | undefined): Entry {
    const { pid, acceptedBootNs, acceptedUnixNs, observedUnixNs } = connection;
    const entry = this.#confirm(connection, known) ?? this.#read(connection);
    entry.validBootNs = observedUnixNs - acceptedUnixNs + acceptedBootNs;
    this.#remember(pid, entry);
    return entry;
  }

  /** The known entry, if it is still the same program of the same process in the same cgroup. */
  #confirm({ pid, cgroupId }: ProcessSighting, known: Entry | undefined): Entry | undefined {
    if (known?.identity === undefined || known.cgroupId !== cgroupId) return undefined;
    const stat = readProcStat(this.#folderOf(pid));
    return stat !== undefined && isSameProgram(stat, known) ? known : undefined;
  }

  #read({ pid, cgroupId }: ProcessSighting): Entry {
    const nobody = { startBootNs: 0n, image: '', identity: undefined };
    return { ...(readProcess(this.#folderOf(pid)) ?? nobody), cgroupId, validBootNs: 0n };
  }

  #remember(pid: number, entry: Entry): void {
    this.#entries.delete(pid);
    this.#entries.set(pid, entry);
    if (this.#entries.size <= this.#capacity) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  #folderOf(pid: number): string {
    return `${this.#procRoot}/${this.#ownProcess ? 'self' : pid}`;
  }
}
