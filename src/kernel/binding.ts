/** How accepts are seen; DESIGN: `fexit`, else `kretprobe`, else `syscall`. */
export const HOOKS = ['fexit', 'kretprobe', 'syscall'] as const;
export type Hook = (typeof HOOKS)[number];

/** What the addon is told; every value was checked before (src/config.ts). */
export interface NativeSettings {
  /** The BPF object file's bytes. */
  readonly object: Uint8Array;
  readonly hook: Hook;
  /** Bytes; a power of two of at least one page. */
  readonly ringBytes: number;
  /** Keep only this tgid of the initial pid namespace; 0 keeps all, -1 means the calling process. */
  readonly pid: number;
  /** 0, or the socket family to keep: 2 (AF_INET) or 10 (AF_INET6). */
  readonly family: number;
  /** Local ports to keep; empty keeps all. */
  readonly ports: readonly number[];
  /** Pinned maps; empty string for none. */
  readonly cgroupMapPath: string;
  readonly mountNamespaceMapPath: string;
  /** Remote ports of our own connections that are never events; empty: every connection this process opens. */
  readonly selfPorts: readonly number[];
}

/** Why a strategy can or cannot be used here, found by looking, not by guessing from versions. */
export interface HookCandidate {
  readonly hook: Hook;
  readonly usable: boolean;
  /** Empty when usable. */
  readonly reason: string;
}

/** One loaded and attached set of programs. Every method but `close` throws after `close`. */
export interface NativeSession {
  readonly hook: Hook;
  /** Copies whole records into `into` and gives their space back; returns how many. */
  drain(into: Uint8Array): number;
  /** Fills one sum over all CPUs for each of `KERNEL_COUNTERS`, then `missed` and the bytes now in the ring. */
  counters(into: BigUint64Array): void;
  /** Detaches and frees; safe to call again. */
  close(): void;
}

export interface NativeBinding {
  open(settings: NativeSettings): NativeSession;
  candidates(object: Uint8Array): HookCandidate[];
  /** Nanoseconds to add to `CLOCK_BOOTTIME` for wall time, measured now. */
  bootToUnixNs(): bigint;
  /** `[field, offset]` of `struct tcpaccept_event`, from the C compiler. */
  recordLayout(): Record<string, number>;
}
