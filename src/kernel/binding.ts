/** How accepts are seen, best first: a session takes the first the kernel allows. */
export const HOOKS = ['fexit', 'kretprobe', 'syscall'] as const;
export type Hook = (typeof HOOKS)[number];

/** Which of the calling process's own connections are never events. */
export const SELF_MODES = ['none', 'all', 'ports'] as const;
export type SelfMode = (typeof SELF_MODES)[number];

/** What a filter's set says of members it does not name; of an unused one nothing is asked. */
export const SET_RULES = ['unused', 'keeps-others', 'drops-others'] as const;

/** The members of one of the kernel's sets, and whether each is kept. */
export interface NativeMemberSet {
  /** Index into `SET_RULES`. */
  readonly rule: number;
  /** One after the other, each as long as a key of the kernel's map; of two that are the same the last counts. */
  readonly keys: Uint8Array;
  /** For each key 1 (kept) or 0. */
  readonly verdicts: Uint8Array;
}

/** Paths of cgroup v2 directories, at most `MOST_DIRECTORIES`; each stands for all below it. */
export interface NativeDirectorySet {
  readonly included: readonly string[];
  readonly excluded: readonly string[];
}

/** What the addon is told; every value was checked before (src/config.ts), the addon trusts it. */
export interface NativeSettings {
  readonly hook: Hook;
  /** A power of two of at least one page. */
  readonly ringBytes: number;
  /** Index into `MODES`: which accepts are counted in summaries. */
  readonly summaries: number;
  /** Whether connections are followed to their end. */
  readonly connections: boolean;
  /** Keep only this tgid of the calling process's pid namespace; 0 keeps all. */
  readonly pid: number;
  /** Keep only the calling process, whatever its pid is here. */
  readonly ownProcess: boolean;
  /** 0, or the socket family to keep: `AF_INET` or `AF_INET6`. */
  readonly family: number;
  /** Local ports to keep; empty keeps all. */
  readonly ports: readonly number[];
  /** Pinned map; empty for none. */
  readonly cgroupMapPath: string;
  /** Pinned map; empty for none. */
  readonly mountNamespaceMapPath: string;
  /** Keys are `struct address_range` of bpf/maps.h. */
  readonly peers: NativeMemberSet;
  readonly locals: NativeMemberSet;
  /** Effective user ids of the initial user namespace, 4 bytes each, as the following. */
  readonly users: NativeMemberSet;
  /** Inode numbers. */
  readonly networkNamespaces: NativeMemberSet;
  readonly cgroupDirectories: NativeDirectorySet;
  readonly containerDirectories: NativeDirectorySet;
  /** Index into `SELF_MODES`. */
  readonly selfMode: number;
  /** Remote ports for mode `ports`, at most 64. */
  readonly selfPorts: readonly number[];
  /** Where to pin all of it, or to find it pinned; empty for nowhere. */
  readonly pinDirectory: string;
  /** What the session found there must have been pinned with, to the letter. */
  readonly pinnedSettings: string;
}

/** One loaded and attached set of programs. Every method but `close` and `abandon` throws `ERR_CLOSED` after `close`. */
export interface NativeSession {
  /** Copies whole records into `into` and returns how many; they keep their space in the ring until they are released. */
  drain(into: Uint8Array): number;
  /** How much of the ring is taken, 0 to 1. */
  ringFill(): number;
  /** In mode `auto`: whether accepts are counted in summaries instead of recorded, from the next one on. */
  setOverloaded(overloaded: boolean): void;
  /** A pipe in which a byte arrives when a ring has something while its reader sleeps. Once; who calls this closes it. */
  openDoorbell(): number;
  /** Whether the reader waits for that byte, which comes for what is there already, too. After `openDoorbell`. */
  setReaderSleeps(sleeps: boolean): void;
  /** Ends one set of summaries and begins another; `false` while the set before is not read to its end. */
  turnSummaries(): boolean;
  /**
   * Puts rows of `SUMMARY_BYTES` of the ended set into `into`; returns how many, 0 also while it cannot be read yet. Of a
   * pinned session they stay in the kernel, where the next reader finds them in the same order, until they are settled.
   */
  drainSummaries(into: Uint8Array): number;
  /** All that was drained is safe elsewhere: what was read to its end is deleted. Not pinned, it does nothing. */
  settleSummaries(): void;
  /** Fills which set the ended one is, by its turn, and when that began and ended, `CLOCK_BOOTTIME`. */
  endedSummaries(into: BigUint64Array): void;
  /** Takes whole records of `END_BYTES` out of their ring into `into`, returns how many; 0 where none are followed. */
  drainEnds(into: Uint8Array): number;
  /** Gives back the space of the oldest `records` that were drained. */
  release(records: number): void;
  /**
   * Fills: 1 when the session was found pinned, else 0; when its sequences began, `CLOCK_MONOTONIC`; how many records
   * were given back, and how many accepts taken out of summaries, before.
   */
  origin(into: BigUint64Array): void;
  /** `NOTES_LENGTH` numbers that stay with the maps. */
  readNotes(into: BigUint64Array): void;
  writeNotes(from: BigUint64Array): void;
  /**
   * Fills sums over all CPUs: one for each of `KERNEL_COUNTERS`, then `missed`, `unstamped`, the records in the
   * ring and the accepts in summaries; then one for each of `CONNECTION_COUNTERS`, the connections that are open and the
   * ends in their ring.
   */
  counters(into: BigUint64Array): void;
  /** Detaches what watches accepts that were asleep at the start once they have returned; `true` when that is done. */
  settle(): boolean;
  /** The tgid in the initial pid namespace of the process `NativeSettings.pid` names; 0 when there is none now. */
  hostPid(): number;
  /** By program: how many instructions the verifier went through to load it; empty before Linux 5.16. */
  verifiedInstructions(): Record<string, number>;
  /** Ends recording, and takes the pins away; `drain` and `counters` still work. */
  detach(): void;
  /** Frees, and detaches what is not pinned; may be called again. */
  close(): void;
  /** Closes, and takes away what this session pinned; what it found pinned stays. */
  abandon(): void;
}

/** What was pinned in a directory until now. */
export interface Unpinned {
  /** As `NativeSettings.pinnedSettings`; empty when a killed process had not finished pinning. */
  readonly settings: string;
  readonly links: number;
  readonly unreadRecords: number;
}

/** A loaded lister of listeners. Every method but `close` throws `ERR_CLOSED` after `close`. */
export interface NativeListeners {
  /** Records of `LISTENER_BYTES`, one for each descriptor of a socket that listens. */
  list(): Uint8Array;
  /** As a session's. */
  verifiedInstructions(): Record<string, number>;
  /** May be called again. */
  close(): void;
}

/**
 * Encodes records by plans, each for those that have the same `SharedFields`. A plan has a number, from 1, until `clear`.
 *
 * A plan is checked when it is set: no record, and no other argument, makes encoding read or write beyond its arrays.
 */
export interface NativeAcceptEncoder {
  /** Puts into `plans` the number of each record's plan, 0 where there is none, from record `from` up to, not with, `to`. */
  find(records: Uint8Array, from: number, to: number, plans: Uint32Array): void;
  /**
   * Sets the plan of all records like this one, in place of the one they have; returns its number.
   *
   * `steps` are three words each: a `PLAN_STEPS` with its field, a count, and how many of `literals` are copied before it.
   */
  setPlan(records: Uint8Array, index: number, steps: Uint32Array, literals: Uint8Array): number;
  /** What a record of that plan takes at most. */
  mostBytes(plan: number): number;
  clear(): void;
  /**
   * Encodes records into `out` while there is room for the most that the next may take. `progress` is the first record,
   * where they end, where to write, and where to stop once that is reached; the first and the third are moved on.
   *
   * `clock` is `bootToUnixNs` and `observedUnixNs`; `spans` has `SPAN_BYTES` for each record, zeros where it has none.
   */
  encode(
    records: Uint8Array,
    plans: Uint32Array,
    clock: BigUint64Array,
    spans: Uint8Array | undefined,
    out: Uint8Array,
    progress: Uint32Array,
  ): void;
}

/** What `build/tcpaccept.node` exports. Failures are `Error`s with `code`, `operation`, `errno` and `log`. */
export interface NativeBinding {
  open(settings: NativeSettings): NativeSession;
  /** Tells builds of the BPF programs apart. */
  programsVersion(): string;
  /** `NativeSettings.pinnedSettings` of the session pinned in a directory; empty when there is none. */
  pinnedSettings(directory: string): string;
  /** Takes away all that is pinned in a directory, and the directory. Throws `ERR_PIN` when that is not ours. */
  unpin(directory: string): Unpinned;
  /** Fills nanoseconds: what to add to `CLOCK_BOOTTIME` for wall time, measured now, and the wall time. */
  readClock(into: BigInt64Array): void;
  /** Has the C library give memory back sooner, in the whole process: not for a process of others. */
  keepHeapSmall(): void;
  /** Unmaps the code that starting took, of the whole process, too; what is needed again is mapped again. */
  unmapCodeOfStart(): void;
  /** Byte offset of each field of `struct tcpaccept_event`, and `bytes`, from the C compiler. */
  recordLayout(): Record<string, number>;
  /** The same of `struct tcpaccept_summary`. */
  summaryLayout(): Record<string, number>;
  /** The same of `struct tcpaccept_end`. */
  endLayout(): Record<string, number>;
  /** `sharedWords`: where in a record, in four bytes each, is what records of one plan have in common. */
  readonly AcceptEncoder: new (
    sharedWords: Uint32Array,
  ) => NativeAcceptEncoder;
  /** In order, the names of `PLAN_STEPS`. */
  planSteps(): readonly string[];
  /** The constructor throws what `open` throws. */
  readonly Listeners: new () => NativeListeners;
  /** As `recordLayout`, of `struct tcpaccept_listener`. */
  listenerLayout(): Record<string, number>;
}
