import type { Hook } from './binding.ts';

export type Capability = `CAP_${string}`;

const LOADING = ['CAP_BPF', 'CAP_PERFMON'] as const;

/**
 * Where tracefs is not mounted (CAP_SYS_ADMIN mounts one of our own), or kernel.perf_event_paranoid is 3 or more (Debian's
 * kernels have that value and begin with it), this one takes the place of these two.
 */
export const RESTRICTED: { readonly instead: Capability; readonly of: readonly Capability[] } = {
  instead: 'CAP_SYS_ADMIN',
  of: LOADING,
};

/** What reading the executables of other users' processes takes beside that. */
export const FOR_EXECUTABLES: Capability = 'CAP_SYS_PTRACE';

/** What a hook costs and does not see: `doctor` and the README say it in these words. */
export interface HookLimits {
  readonly needs: string;
  /** The least that a user other than root must have, where nothing is restricted; `RESTRICTED` says what else. */
  readonly capabilities: readonly Capability[];
  readonly sees: string;
  /** Accepts it does not report, each with what happens instead. */
  readonly limits: readonly string[];
}

export const HOOK_LIMITS: Readonly<Record<Hook, HookLimits>> = {
  fexit: {
    needs: 'BPF trampolines',
    capabilities: [...LOADING, 'CAP_DAC_READ_SEARCH'],
    sees: 'every accept, and the listener it came from',
    limits: ['an accept of a 32-bit process or a kernel thread already asleep when tracing begins'],
  },
  kretprobe: {
    needs: 'kprobes',
    capabilities: [...LOADING, 'CAP_DAC_OVERRIDE'],
    sees: 'every accept, and the listener of accept and accept4 calls',
    limits: [
      'an accept of a 32-bit process or a kernel thread already asleep when tracing begins',
      'above 4,096 threads asleep in accept at once: counted as missed',
      'accept-queue length and limit of io_uring, in-kernel and 32-bit accepts: left out',
    ],
  },
  syscall: {
    needs: 'tracefs',
    capabilities: [...LOADING, 'CAP_DAC_READ_SEARCH'],
    sees: 'accept and accept4 calls and io_uring accepts, and the listener',
    limits: [
      '32-bit processes: their calls fire no tracepoint',
      'in-kernel servers',
      'io_uring multishot accepts submitted before tracing begins',
      'io_uring accepts into direct descriptors: counted as unreadable',
      'a descriptor that another thread closes or replaces before accept has returned: counted as unreadable, unless by an older connection of the same port, which is then reported again',
    ],
  },
};
