import type { Hook } from './binding.ts';

/** What a hook costs and does not see: `doctor` and the README say it in these words. */
export interface HookLimits {
  readonly needs: string;
  readonly sees: string;
  /** Accepts it does not report, each with what happens instead. */
  readonly limits: readonly string[];
}

export const HOOK_LIMITS: Readonly<Record<Hook, HookLimits>> = {
  fexit: {
    needs: 'BPF trampolines',
    sees: 'every accept, and the listener it came from',
    limits: ['an accept of a 32-bit process or a kernel thread already asleep when tracing begins'],
  },
  kretprobe: {
    needs: 'kprobes',
    sees: 'every accept, and the listener of accept and accept4 calls',
    limits: [
      'an accept of a 32-bit process or a kernel thread already asleep when tracing begins',
      'above 4,096 threads asleep in accept at once: counted as missed',
      'accept-queue length and limit of io_uring, in-kernel and 32-bit accepts: left out',
    ],
  },
  syscall: {
    needs: 'tracefs',
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
