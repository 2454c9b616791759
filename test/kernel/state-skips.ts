import { readFileSync } from 'node:fs';

/**
 * Whether this kernel is patched to run no tracing program while process 1 is current, unless process 1 loaded it, and
 * to count nothing then. 6.18.44-fc is: its bpf_trace_run3 compares current->tgid with 1, and its bpf_prog_aux has a
 * member `init_owned`, which Debian's 6.1 and 6.12 do without. A softirq that interrupts process 1 is so without us.
 */
const SKIPS_UNDER_INIT = readFileSync('/sys/kernel/btf/vmlinux').includes('init_owned');

/** Of so many connections, the most with a change of state that was not shown to us. */
export function mostSkipped(connections: number, unstamped: number): number {
  return unstamped + (SKIPS_UNDER_INIT ? Math.ceil(connections / 100) : 0);
}
