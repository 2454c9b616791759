import type { EventKind, EventRecords } from './events.ts';
import { rfc3339 } from './rfc3339.ts';

/** What an attribute's value may be; a type never changes with the value. */
export type AttributeType = 'string' | 'int' | 'double' | 'boolean';
export type AttributeValue = string | number | boolean;

/** One row of the attribute table: everything an output or a reference page needs to know of an attribute. */
export interface AttributeRow {
  readonly name: string;
  readonly type: AttributeType;
  /** One sentence for the reference page, with the unit. */
  readonly brief: string;
  /** How each event that may have it gets its value; `undefined` leaves it out of a record. */
  readonly values: AttributeValues;
}
type AttributeValues = { readonly [Kind in EventKind]?: (record: EventRecords[Kind]) => AttributeValue | undefined };

/** Where an accept's value would stand, for an attribute that accepts do not have. */
const NONE = undefined;

/**
 * The attribute table: every output and the reference page are made from it.
 *
 * Names without `tcpaccept.` are OpenTelemetry semantic conventions (semantic-conventions.ts has the release).
 * 64-bit ids are strings, since JSON numbers end at 2^53.
 */
export const ATTRIBUTES: readonly AttributeRow[] = [
  row(
    'log.record.uid',
    'string',
    'Same on every resend of this record: boot id, load time, and for an accept CPU and sequence.',
    (r) => r.uid,
    { summarized: (r) => r.uid, lost: (r) => r.uid, listener: (r) => r.uid },
  ),
  row('network.transport', 'string', 'Always `tcp`.', () => 'tcp', { summarized: () => 'tcp', listener: () => 'tcp' }),
  row(
    'network.type',
    'string',
    '`ipv4` or `ipv6`, IPv4-mapped addresses counting as IPv4.',
    (r) => r.connection.networkType,
    { summarized: (r) => r.summary.listener?.networkType, listener: (r) => r.listener.networkType },
  ),
  row('network.peer.address', 'string', 'Address of the client (tcpaccept: RADDR).', (r) => r.connection.peerAddress, {
    summarized: (r) => r.summary.peerAddress,
  }),
  row('network.peer.port', 'int', 'Port of the client (RPORT).', (r) => r.connection.peerPort),
  row(
    'network.local.address',
    'string',
    'Address the connection was accepted on (LADDR).',
    (r) => r.connection.localAddress,
    { summarized: (r) => r.summary.listener?.localAddress, listener: (r) => r.listener.localAddress },
  ),
  row('network.local.port', 'int', 'Port the connection was accepted on (LPORT).', (r) => r.connection.localPort, {
    summarized: (r) => r.summary.listener?.localPort,
    listener: (r) => r.listener.localPort,
  }),
  row('process.pid', 'int', 'Process that accepted, in the host pid namespace (PID).', (r) => r.connection.pid, {
    summarized: (r) => r.summary.process?.pid,
    listener: (r) => r.listener.owners[0].pid,
  }),
  row(
    'process.vpid',
    'int',
    'The process id inside its own pid namespace, where it differs.',
    (r) => vpidOf(r.connection),
    { summarized: ({ summary: { process: p } }) => p && vpidOf(p), listener: (r) => vpidOf(r.listener.owners[0]) },
  ),
  row(
    'thread.name',
    'string',
    "The kernel's comm of the accepting thread, at most 15 bytes (COMM).",
    (r) => r.connection.comm,
    { summarized: (r) => r.summary.process?.comm, listener: (r) => r.listener.owners[0].comm },
  ),
  row('process.executable.name', 'string', 'Base name of the executable.', (r) => r.process?.executableName, {
    summarized: (r) => r.process?.executableName,
    listener: (r) => r.process?.executableName,
  }),
  row('process.executable.path', 'string', 'Path of the executable.', (r) => r.process?.executablePath, {
    summarized: (r) => r.process?.executablePath,
    listener: (r) => r.process?.executablePath,
  }),
  row('process.user.id', 'int', 'Effective user id.', (r) => r.connection.userId, {
    summarized: (r) => r.summary.process?.userId,
    listener: (r) => r.listener.owners[0].userId,
  }),
  row(
    'process.linux.cgroup',
    'string',
    'Path of the cgroup, as /proc/PID/cgroup gives it.',
    (r) => r.process?.cgroupPath,
    { summarized: (r) => r.process?.cgroupPath, listener: (r) => r.process?.cgroupPath },
  ),
  row('container.id', 'string', 'Container id found in the cgroup path.', (r) => r.process?.containerId, {
    summarized: (r) => r.process?.containerId,
    listener: (r) => r.process?.containerId,
  }),
  row(
    'container.runtime.name',
    'string',
    'Container runtime the cgroup path names.',
    (r) => r.process?.containerRuntime,
    { summarized: (r) => r.process?.containerRuntime, listener: (r) => r.process?.containerRuntime },
  ),
  row('k8s.pod.uid', 'string', 'Pod uid found in the cgroup path.', (r) => r.process?.podUid, {
    summarized: (r) => r.process?.podUid,
    listener: (r) => r.process?.podUid,
  }),
  row('tcpaccept.thread.id', 'int', 'Thread that accepted, in the host pid namespace.', (r) => r.connection.tid),
  row(
    'tcpaccept.network_namespace',
    'int',
    'Inode number of the network namespace.',
    (r) => r.connection.networkNamespace,
    { summarized: (r) => r.summary.listener?.networkNamespace, listener: (r) => r.listener.networkNamespace },
  ),
  row('tcpaccept.mount_namespace', 'int', 'Inode number of the mount namespace.', (r) => r.connection.mountNamespace, {
    summarized: (r) => r.summary.process?.mountNamespace,
  }),
  row('tcpaccept.cgroup.id', 'string', 'cgroup v2 id of the accepting task.', (r) => r.connection.cgroupId.toString(), {
    summarized: (r) => r.summary.process?.cgroupId.toString(),
    listener: (r) => r.listener.owners[0].cgroupId.toString(),
  }),
  row('tcpaccept.socket.cookie', 'string', "The accepted socket's cookie, as SO_COOKIE gives it.", (r) =>
    r.connection.socketCookie === 0n ? undefined : r.connection.socketCookie.toString(),
  ),
  row(
    'tcpaccept.socket.family',
    'string',
    '`inet` or `inet6`: the family of the socket itself.',
    (r) => r.connection.socketFamily,
    { listener: (r) => r.listener.socketFamily },
  ),
  row('tcpaccept.accept_queue.duration', 'double', 'Time in the accept queue, in seconds.', (r) =>
    r.connection.queueDurationNs === undefined ? undefined : seconds(r.connection.queueDurationNs),
  ),
  row(
    'tcpaccept.accept_queue.length',
    'int',
    'Connections still queued on the listener, after this accept.',
    (r) => r.connection.queueLength,
    { listener: (r) => r.listener.queueLength },
  ),
  row(
    'tcpaccept.accept_queue.limit',
    'int',
    "The listener's backlog: how many connections may be queued.",
    (r) => r.connection.queueLimit,
    { listener: (r) => r.listener.queueLimit },
  ),
  row('tcpaccept.tcp.rtt', 'double', 'Smoothed round-trip time when accepted, in seconds.', (r) =>
    r.connection.rttUs === undefined ? undefined : r.connection.rttUs / 1e6,
  ),
  row('tcpaccept.accept.method', 'string', '`syscall`, `io_uring` or `kernel`.', (r) => r.connection.method),
  row('tcpaccept.mptcp', 'boolean', 'Accepted through an MPTCP listener.', (r) => r.connection.mptcp, {
    listener: (r) => r.listener.mptcp,
  }),
  row(
    'tcpaccept.listener.process_count',
    'int',
    'Processes that can accept from it; the one named is the first of them.',
    NONE,
    {
      listener: (r) => r.listener.owners.length,
    },
  ),
  row(
    'tcpaccept.listener.ipv6_only',
    'boolean',
    'Takes no IPv4 clients, as an `inet6` listener otherwise does.',
    NONE,
    {
      listener: (r) => r.listener.ipv6Only,
    },
  ),
  row(
    'tcpaccept.listener.reuseport_group',
    'int',
    'The same number for all listeners of one SO_REUSEPORT group, in one list.',
    NONE,
    {
      listener: (r) => r.listener.reuseportGroup,
    },
  ),
  row('tcpaccept.summary.count', 'int', 'How many connections were accepted; exact.', NONE, {
    summarized: (r) => r.summary.accepts,
  }),
  row(
    'tcpaccept.summary.key',
    'string',
    'What they have in common: `peer` (listener, process and client), `peer_prefix` (its network instead), `listener` or `none`.',
    NONE,
    { summarized: (r) => r.summary.level },
  ),
  row('tcpaccept.peer.prefix', 'string', 'Network of the clients, /24 or of IPv6 /64.', NONE, {
    summarized: (r) => r.summary.peerPrefix,
  }),
  row('tcpaccept.first_accept.time', 'string', 'When the first was accepted: RFC 3339, UTC, nanoseconds.', NONE, {
    summarized: (r) => rfc3339(r.summary.firstUnixNs),
  }),
  row('tcpaccept.last_accept.time', 'string', 'When the last was accepted.', NONE, {
    summarized: (r) => rfc3339(r.summary.lastUnixNs),
  }),
  row(
    'tcpaccept.accept_queue.known_count',
    'int',
    'How many of them have a known time in the accept queue, which the next two are of.',
    NONE,
    { summarized: (r) => r.summary.queueKnown },
  ),
  row(
    'tcpaccept.accept_queue.total_duration',
    'double',
    'Their times in the accept queue added up, in seconds.',
    NONE,
    { summarized: ({ summary: s }) => (s.queueKnown === 0 ? undefined : seconds(s.queueDurationSumNs)) },
  ),
  row('tcpaccept.accept_queue.max_duration', 'double', 'The longest of those times, in seconds.', NONE, {
    summarized: ({ summary: s }) => (s.queueKnown === 0 ? undefined : seconds(s.queueDurationMaxNs)),
  }),
  row('tcpaccept.loss.cause', 'string', 'Why they were lost: a name of the ledger, such as `ring_full`.', NONE, {
    lost: (r) => r.cause,
  }),
  row('tcpaccept.loss.count', 'int', 'How many were lost for this cause in the interval.', NONE, {
    lost: (r) => r.count,
  }),
  row('tcpaccept.interval.duration', 'double', 'The time before Timestamp that is counted, in seconds.', NONE, {
    summarized: (r) => seconds(r.summary.intervalNs),
    lost: (r) => seconds(r.intervalNs),
  }),
];

/** As the process itself sees it. */
function vpidOf({ pid, namespacePid }: { readonly pid: number; readonly namespacePid: number }): number | undefined {
  return namespacePid === pid ? undefined : namespacePid;
}

function seconds(ns: bigint): number {
  return Number(ns) / 1e9;
}

/** `accepted` alone is what most attributes have; `others` are the further events that have it. */
function row(
  name: string,
  type: AttributeType,
  brief: string,
  accepted: AttributeValues['accepted'],
  others: Omit<AttributeValues, 'accepted'> = {},
): AttributeRow {
  return { name, type, brief, values: accepted ? { accepted, ...others } : others };
}

/** The attributes of one record, in table order, unknown ones left out. */
export function attributesOf<Kind extends EventKind>(
  kind: Kind,
  record: EventRecords[Kind],
): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {};
  for (const { name, values } of ATTRIBUTES) {
    const known = values[kind]?.(record);
    if (known !== undefined) attributes[name] = known;
  }
  return attributes;
}
