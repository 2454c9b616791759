import type { RecordView } from '../kernel/record-view.ts';
import { hasInitialPids } from './pid-namespace.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { isSameProgram, readProcess, readProcStat } from './read-process.ts';

export interface ProcessCacheOptions {
  /** Processes remembered; default 4096, about 2 MB. The one looked at longest ago makes room. */
  readonly capacity?: number;
  /** Where proc is mounted; default `/proc`. */
  readonly procRoot?: string;
  /** Every connection is our own process's, so that its pid need not be one of this /proc; default false. */
  readonly ownProcess?: boolean;
}

/** That a process, by its pid, did something at a time: what decides who it is. */
export type ProcessSighting = Pick<RecordView, 'pid' | 'cgroupNumber' | 'acceptedBootNanos' | 'observedBootNanos'>;

/** The process that had a pid when we looked, or `identity: undefined` when there was none to read. */
interface Entry {
  readonly startBootNs: bigint;
  readonly startBootNanos: number;
  readonly image: string;
  readonly identity: ProcessIdentity | undefined;
  /** The cgroup the record that made us read was in. */
  readonly cgroupNumber: number;
  /** The process was there at this time, or later and since `startBootNs`. */
  validBootNanos: number;
}

const NOBODY = { startBootNs: 0n, image: '', identity: undefined };

/**
 * Says who accepted a connection, from /proc, and remembers it.
 *
 * The rule: a process seen now that started at S has had its pid ever since, so it accepted whatever its pid accepted
 * between S and now, and nothing before. Every connection handed to us was accepted before its batch was read
 * (`observedBootNanos`), so one look at /proc/PID/stat, about 5 us, settles all of a batch's connections of one pid: those
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

  /**
   * The process that accepted, the same object until it changes; `undefined` when it cannot be known. Never throws, and
   * allocates nothing when it is known.
   */
  identify(accept: ProcessSighting): ProcessIdentity | undefined {
    if (!this.usable) return undefined;
    const { pid, acceptedBootNanos, cgroupNumber } = accept;
    let entry = this.#entries.get(pid);
    if (entry === undefined || acceptedBootNanos > entry.validBootNanos || cgroupNumber !== entry.cgroupNumber) {
      entry = this.#look(accept, entry);
    }
    return acceptedBootNanos >= entry.startBootNanos ? entry.identity : undefined;
  }

  #look(accept: ProcessSighting, known: Entry | undefined): Entry {
    const entry = this.#confirm(accept, known) ?? this.#read(accept);
    entry.validBootNanos = accept.observedBootNanos;
    this.#remember(accept.pid, entry);
    return entry;
  }

  /** The known entry, if it is still the same program of the same process in the same cgroup. */
  #confirm({ pid, cgroupNumber }: ProcessSighting, known: Entry | undefined): Entry | undefined {
    if (known?.identity === undefined || known.cgroupNumber !== cgroupNumber) return undefined;
    const stat = readProcStat(this.#folderOf(pid));
    return stat !== undefined && isSameProgram(stat, known) ? known : undefined;
  }

  #read({ pid, cgroupNumber }: ProcessSighting): Entry {
    const { startBootNs, image, identity } = readProcess(this.#folderOf(pid)) ?? NOBODY;
    return { startBootNs, startBootNanos: Number(startBootNs), image, identity, cgroupNumber, validBootNanos: 0 };
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
