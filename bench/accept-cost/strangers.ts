import { execFileSync } from 'node:child_process';

const WATCHING = ['perf_event', 'raw_tracepoint', 'tracing', 'kprobe_multi'];

interface BpfLink {
  readonly type?: string;
}

/**
 * Whether a BPF program that others attached sees what is timed here: then "untraced" is not. Asked while ours is
 * detached, by bpftool, which knows links, not the older ways to attach.
 */
export function othersTrace(): boolean {
  const links: BpfLink[] = JSON.parse(execFileSync('bpftool', ['--json', 'link', 'show'], { encoding: 'utf8' }));
  return links.some(({ type = '' }) => WATCHING.includes(type));
}
