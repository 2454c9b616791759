import { listed } from '../../test/kernel/bpf-objects.ts';

const WATCHING = ['perf_event', 'raw_tracepoint', 'tracing', 'kprobe_multi'];

/**
 * Whether a BPF program that others attached sees what is timed here: then "untraced" is not. Asked while ours is
 * detached, by bpftool, which knows links, not the older ways to attach.
 */
export function othersTrace(): boolean {
  return listed('link').some(({ type = '' }) => WATCHING.includes(type));
}
