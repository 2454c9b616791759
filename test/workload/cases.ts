import type { Hook } from '../../src/kernel/binding.ts';

/**
 * What a hook is expected to make of a case: `all` of it, `nothing`, all but the first connection, everything either
 * reported or counted as unreadable to the unit, or everything counted as unreadable.
 */
export type Outcome = 'all' | 'nothing' | 'all but one' | 'reported or counted' | 'counted';

/** One row of the matrix: a case of the workload, and the limits (hook-limits.ts) that it shows. */
export interface Case {
  readonly title: string;
  /** As workload.h names it. */
  readonly name: string;
  /** The acceptor waits, or the connections do, before tracing begins. */
  readonly asleep: boolean;
  readonly architecture?: 'x64';
  /** Hooks that do not report `all`. */
  readonly limits: Readonly<Partial<Record<Hook, Outcome>>>;
}

function row(title: string, name: string, limits: Case['limits'] = {}): Case {
  return { title, name, asleep: false, limits, ...(name.startsWith('i386') ? { architecture: 'x64' } : {}) };
}

function asleep(title: string, name: string, limits: Case['limits'] = {}): Case {
  return { ...row(`asleep at start: ${title}`, name, limits), asleep: true };
}

/** Its connections wait in the accept queue before tracing begins. */
function queuedBefore(title: string, name: string): Case {
  return { ...row(`in the queue at start: ${title}`, name), asleep: true };
}

const ASLEEP_I386 = { fexit: 'all but one', kretprobe: 'all but one', syscall: 'nothing' } as const;

/** Those asleep at the start come first, for they are what tracing begins with. */
export const CASES: readonly Case[] = [
  asleep('accept4', 'ipv4'),
  asleep('accept', 'accept'),
  asleep('64 threads on one listener', 'sleepers'),
  asleep('workers with an inherited listener', 'inherited'),
  asleep('SO_REUSEPORT group', 'reuseport'),
  asleep('own namespaces', 'namespaced'),
  asleep('MPTCP', 'mptcp'),
  asleep('io_uring', 'io_uring'),
  asleep('io_uring in a worker', 'io_uring_worker'),
  asleep('io_uring by a polling thread', 'io_uring_sqpoll'),
  asleep('io_uring multishot', 'io_uring_multishot', { syscall: 'nothing' }),
  asleep('32-bit accept4', 'i386_accept4', ASLEEP_I386),
  asleep('32-bit socketcall', 'i386_socketcall', ASLEEP_I386),
  queuedBefore('IPv4', 'queued_before'),
  queuedBefore('MPTCP', 'queued_before_mptcp'),
  queuedBefore('TCP Fast Open', 'queued_before_fast_open'),
  row('IPv4, blocking accept4', 'ipv4'),
  row('IPv6', 'ipv6'),
  row('IPv4 to a dual-stack listener', 'dual_stack'),
  row('accept', 'accept'),
  row('non-blocking, epoll', 'epoll'),
  row('edge-triggered bursts', 'edge_triggered'),
  row('64 threads on one listener', 'sleepers'),
  row('SO_REUSEPORT group', 'reuseport'),
  row('listener inherited by fork', 'inherited'),
  row('listener passed by SCM_RIGHTS', 'passed'),
  row('socket activation', 'activated'),
  row('own network, mount and pid namespace', 'namespaced'),
  row('io_uring', 'io_uring'),
  row('io_uring in a worker', 'io_uring_worker'),
  row('io_uring by a polling thread', 'io_uring_sqpoll'),
  row('io_uring multishot', 'io_uring_multishot'),
  row('io_uring direct descriptor', 'io_uring_direct', { syscall: 'counted' }),
  row('io_uring direct descriptor, any slot', 'io_uring_direct_any', { syscall: 'counted' }),
  row('MPTCP', 'mptcp'),
  row('plain client of an MPTCP listener', 'mptcp_plain_client'),
  row('TCP Fast Open', 'fast_open'),
  row('32-bit accept4', 'i386_accept4', { syscall: 'nothing' }),
  row('32-bit socketcall', 'i386_socketcall', { syscall: 'nothing' }),
  row('closed at once by another thread', 'closed_at_once', { syscall: 'reported or counted' }),
  row('replaced at once by another file', 'replaced_at_once', { syscall: 'reported or counted' }),
  row('replaced at once by another connection', 'replaced_by_connection', { syscall: 'reported or counted' }),
  row('reset before accept', 'reset_before_accept'),
  row('client gone before accept', 'gone_before_accept'),
  row('backlog full', 'backlog_full'),
  row('accepted late', 'queued'),
  row('accepted late, MPTCP', 'queued_mptcp'),
  row('accepted late, TCP Fast Open', 'queued_fast_open'),
];
