import type { EndRecord } from './end-record.ts';
import { SUMMARY_COUNT } from './event-names.ts';
import type { EventKind, EventRecords } from './events.ts';
import { type AttributeValue, each, ifKnown, ofListener, ofTask, type Reading, u16, u32, u64 } from './reading.ts';
import { rfc3339 } from './rfc3339.ts';

export type { AttributeValue } from './reading.ts';

export type AttributeType = 'string' | 'int' | 'double' | 'boolean' | 'string[]';

/** One row of the attribute table: everything an output or a reference page needs to know of an attribute. */
export interface AttributeRow {
  readonly name: string;
  readonly type: AttributeType;
  /** One sentence for the reference page, with the unit. */
  readonly brief: string;
  /** How each event that may have it gets its value; `undefined` leaves it out of a record. */
  readonly values: AttributeValues;
  /** How an accept's value is had, if accepts have it: for who need not ask `values.accepted` for every record. */
  readonly reading?: Reading | undefined;
  /** Its value on the span of a connection's life, which also has what its accept has. */
  readonly ended?: OfEnd | undefined;
}
type AttributeValues = { readonly [Kind in EventKind]?: (record: EventRecords[Kind]) => AttributeValue | undefined };
type OfEnd = (record: EndRecord) => AttributeValue | undefined;

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
    each((r) => r.uid, { pieces: ({ uidPrefix }) => [uidPrefix, u16('cpu'), '-', u64('sequence')] }),
    { summarized: (r) => r.uid, lost: (r) => r.uid, listener: (r) => r.uid },
  ),
  row(
    'network.transport',
    'string',
    'Always `tcp`.',
    ofListener(() => 'tcp'),
    { summarized: () => 'tcp', listener: () => 'tcp' },
  ),
  row(
    'network.type',
    'string',
    '`ipv4` or `ipv6`, IPv4-mapped addresses counting as IPv4.',
    ofListener((l) => l.connection.networkType),
    { summarized: (r) => r.summary.listener?.networkType, listener: (r) => r.listener.networkType },
  ),
  row(
    'network.peer.address',
    'string',
    'Address of the client (tcpaccept: RADDR).',
    each((r) => r.connection.peerAddress, { pieces: () => [{ address: 'peer_address' }] }),
    { summarized: (r) => r.summary.peerAddress },
  ),
  row(
    'network.peer.port',
    'int',
    'Port of the client (RPORT).',
    each((r) => r.connection.peerPort, { number: u16('peer_port') }),
  ),
  row(
    'network.local.address',
    'string',
    'Address the connection was accepted on (LADDR).',
    ofListener((l) => l.connection.localAddress),
    { summarized: (r) => r.summary.listener?.localAddress, listener: (r) => r.listener.localAddress },
  ),
  row(
    'network.local.port',
    'int',
    'Port the connection was accepted on (LPORT).',
    ofListener((l) => l.connection.localPort),
    { summarized: (r) => r.summary.listener?.localPort, listener: (r) => r.listener.localPort },
  ),
  row(
    'process.pid',
    'int',
    'Process that accepted, in the host pid namespace (PID).',
    ofTask((t) => t.connection.pid),
    { summarized: (r) => r.summary.process?.pid, listener: (r) => r.listener.owners[0].pid },
  ),
  row(
    'process.vpid',
    'int',
    'The process id inside its own pid namespace, where it differs.',
    ofTask((t) => vpidOf(t.connection)),
    { summarized: ({ summary: { process: p } }) => p && vpidOf(p), listener: (r) => vpidOf(r.listener.owners[0]) },
  ),
  row(
    'thread.name',
    'string',
    "The kernel's comm of the accepting thread, at most 15 bytes (COMM).",
    ofTask((t) => t.connection.comm),
    { summarized: (r) => r.summary.process?.comm, listener: (r) => r.listener.owners[0].comm },
  ),
  row(
    'process.executable.name',
    'string',
    'Base name of the executable.',
    ofTask((t) => t.process?.executableName),
    { summarized: (r) => r.process?.executableName, listener: (r) => r.process?.executableName },
  ),
  row(
    'process.executable.path',
    'string',
    'Path of the executable.',
    ofTask((t) => t.process?.executablePath),
    { summarized: (r) => r.process?.executablePath, listener: (r) => r.process?.executablePath },
  ),
  row(
    'process.command_line',
    'string',
    'Its arguments, with `--command-line` only, redacted.',
    ofTask((t) => t.process?.commandLine),
    { summarized: (r) => r.process?.commandLine, listener: (r) => r.process?.commandLine },
  ),
  row(
    'process.parent_pid',
    'int',
    'Process id of the parent.',
    ofTask((t) => t.process?.parentPid),
    { summarized: (r) => r.process?.parentPid, listener: (r) => r.process?.parentPid },
  ),
  row(
    'process.creation.time',
    'string',
    'When the process was made, ISO 8601.',
    ofTask((t) => t.process?.creationTime),
    { summarized: (r) => r.process?.creationTime, listener: (r) => r.process?.creationTime },
  ),
  row(
    'process.user.id',
    'int',
    'Effective user id.',
    ofTask((t) => t.connection.userId),
    { summarized: (r) => r.summary.process?.userId, listener: (r) => r.listener.owners[0].userId },
  ),
  row(
    'process.user.name',
    'string',
    'Name of the effective user in the host’s /etc/passwd.',
    ofTask((t) => t.process?.userName),
    { summarized: (r) => r.process?.userName, listener: (r) => r.process?.userName },
  ),
  row(
    'process.real_user.id',
    'int',
    'Real user id.',
    ofTask((t) => t.connection.realUserId),
    { summarized: (r) => r.summary.process?.realUserId, listener: (r) => r.listener.owners[0].realUserId },
  ),
  row(
    'process.real_user.name',
    'string',
    'Name of the real user.',
    ofTask((t) => t.process?.realUserName),
    { summarized: (r) => r.process?.realUserName, listener: (r) => r.process?.realUserName },
  ),
  row(
    'process.linux.cgroup',
    'string',
    'Path of the cgroup, as /proc/PID/cgroup gives it.',
    ofTask((t) => t.process?.cgroupPath),
    { summarized: (r) => r.process?.cgroupPath, listener: (r) => r.process?.cgroupPath },
  ),
  row(
    'container.id',
    'string',
    'Container id found in the cgroup path.',
    ofTask((t) => t.process?.containerId),
    { summarized: (r) => r.process?.containerId, listener: (r) => r.process?.containerId },
  ),
  row(
    'container.runtime.name',
    'string',
    'Container runtime the cgroup path names.',
    ofTask((t) => t.process?.containerRuntime),
    { summarized: (r) => r.process?.containerRuntime, listener: (r) => r.process?.containerRuntime },
  ),
  row(
    'container.name',
    'string',
    'What its runtime calls the container, with `--container-runtime` only, as the next three.',
    ofTask((t) => t.process?.container?.name),
    { summarized: (r) => r.process?.container?.name, listener: (r) => r.process?.container?.name },
  ),
  row(
    'container.image.name',
    'string',
    'Name of its image, without the tag.',
    ofTask((t) => t.process?.container?.imageName),
    { summarized: (r) => r.process?.container?.imageName, listener: (r) => r.process?.container?.imageName },
  ),
  row(
    'container.image.tags',
    'string[]',
    'The tag it was started by.',
    ofTask((t) => t.process?.container?.imageTags),
    { summarized: (r) => r.process?.container?.imageTags, listener: (r) => r.process?.container?.imageTags },
  ),
  row(
    'container.image.id',
    'string',
    'What the runtime identifies the image by.',
    ofTask((t) => t.process?.container?.imageId),
    { summarized: (r) => r.process?.container?.imageId, listener: (r) => r.process?.container?.imageId },
  ),
  row(
    'k8s.pod.uid',
    'string',
    'Pod uid found in the cgroup path.',
    ofTask((t) => t.process?.podUid),
    { summarized: (r) => r.process?.podUid, listener: (r) => r.process?.podUid },
  ),
  row(
    'k8s.pod.name',
    'string',
    'Name of the pod, of the labels a kubelet gives to containerd and cri-o, with `--container-runtime` only, as the next two.',
    ofTask((t) => t.process?.container?.podName),
    { summarized: (r) => r.process?.container?.podName, listener: (r) => r.process?.container?.podName },
  ),
  row(
    'k8s.namespace.name',
    'string',
    'Namespace of the pod.',
    ofTask((t) => t.process?.container?.namespaceName),
    { summarized: (r) => r.process?.container?.namespaceName, listener: (r) => r.process?.container?.namespaceName },
  ),
  row(
    'k8s.container.name',
    'string',
    'What the pod calls the container.',
    ofTask((t) => t.process?.container?.podContainerName),
    {
      summarized: (r) => r.process?.container?.podContainerName,
      listener: (r) => r.process?.container?.podContainerName,
    },
  ),
  row(
    'tcpaccept.thread.id',
    'int',
    'Thread that accepted, in the host pid namespace.',
    ofTask((t) => t.connection.tid),
  ),
  row(
    'tcpaccept.network_namespace',
    'int',
    'Inode number of the network namespace.',
    ofTask((t) => t.connection.networkNamespace),
    { summarized: (r) => r.summary.listener?.networkNamespace, listener: (r) => r.listener.networkNamespace },
  ),
  row(
    'tcpaccept.mount_namespace',
    'int',
    'Inode number of the mount namespace.',
    ofTask((t) => t.connection.mountNamespace),
    { summarized: (r) => r.summary.process?.mountNamespace },
  ),
  row(
    'tcpaccept.cgroup.id',
    'string',
    'cgroup v2 id of the accepting task.',
    ofTask((t) => t.connection.cgroupId.toString()),
    {
      summarized: (r) => r.summary.process?.cgroupId.toString(),
      listener: (r) => r.listener.owners[0].cgroupId.toString(),
    },
  ),
  row(
    'tcpaccept.socket.cookie',
    'string',
    "The accepted socket's cookie, as SO_COOKIE gives it.",
    each((r) => (r.connection.socketCookie === 0n ? undefined : r.connection.socketCookie.toString()), {
      pieces: () => [u64('socket_cookie')],
      leftOut: { number: u64('socket_cookie'), at: 'zero' },
    }),
  ),
  row(
    'tcpaccept.socket.family',
    'string',
    '`inet` or `inet6`: the family of the socket itself.',
    ofListener((l) => l.connection.socketFamily),
    { listener: (r) => r.listener.socketFamily },
  ),
  row(
    'tcpaccept.accept_queue.duration',
    'double',
    'Time in the accept queue, in seconds.',
    each(
      (r) => (r.connection.queueDurationNs === undefined ? undefined : Number(r.connection.queueDurationNs) / 1e9),
      ifKnown(u64('queue_duration_ns'), 1e9),
    ),
  ),
  row(
    'tcpaccept.accept_queue.length',
    'int',
    'Connections still queued on the listener, after this accept.',
    each((r) => r.connection.queueLength, ifKnown(u32('queue_length'))),
    { listener: (r) => r.listener.queueLength },
  ),
  row(
    'tcpaccept.accept_queue.limit',
    'int',
    "The listener's backlog: how many connections may be queued.",
    each((r) => r.connection.queueLimit, ifKnown(u32('queue_limit'))),
    { listener: (r) => r.listener.queueLimit },
  ),
  row(
    'tcpaccept.tcp.rtt',
    'double',
    'Smoothed round-trip time when accepted, in seconds.',
    each((r) => (r.connection.rttUs === undefined ? undefined : r.connection.rttUs / 1e6), ifKnown(u32('rtt_us'), 1e6)),
  ),
  row(
    'tcpaccept.accept.method',
    'string',
    '`syscall`, `io_uring` or `kernel`.',
    ofListener((l) => l.connection.method),
  ),
  row(
    'tcpaccept.mptcp',
    'boolean',
    'Accepted through an MPTCP listener.',
    ofListener((l) => l.connection.mptcp),
    {
      listener: (r) => r.listener.mptcp,
    },
  ),
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
  row(
    'tcpaccept.connection.closed_by',
    'string',
    'Whose FIN or reset was first: `local`, the listener’s side, or `peer`.',
    NONE,
    {
      ended: (r) => r.end.closedBy,
    },
  ),
  row(
    'tcpaccept.connection.close_cause',
    'string',
    '`fin`, `reset` or `timeout` (no answer), or `abort` (destroyed, as by `ss --kill`).',
    NONE,
    { ended: (r) => r.end.closeCause },
  ),
  row('tcpaccept.connection.received.size', 'int', 'Bytes the client sent, in order, headers not counted.', NONE, {
    ended: (r) => r.end.receivedBytes,
  }),
  row('tcpaccept.connection.sent.size', 'int', 'Bytes sent to the client, each once.', NONE, {
    ended: (r) => r.end.sentBytes,
  }),
  row('tcpaccept.connection.acknowledged.size', 'int', 'Of those, the ones the client acknowledged.', NONE, {
    ended: (r) => r.end.acknowledgedBytes,
  }),
  row('tcpaccept.connection.received.segment_count', 'int', 'Segments that came, also those without data.', NONE, {
    ended: (r) => r.end.receivedSegments,
  }),
  row(
    'tcpaccept.connection.sent.segment_count',
    'int',
    'Segments sent, also those without data and sent again.',
    NONE,
    {
      ended: (r) => r.end.sentSegments,
    },
  ),
  row('tcpaccept.connection.retransmitted.segment_count', 'int', 'Segments sent again.', NONE, {
    ended: (r) => r.end.retransmittedSegments,
  }),
  row('tcpaccept.connection.rtt', 'double', 'Smoothed round-trip time at the end, in seconds.', NONE, {
    ended: ({ end: { rttUs } }) => (rttUs === undefined ? undefined : rttUs / 1e6),
  }),
  row(SUMMARY_COUNT, 'int', 'How many connections were accepted; exact.', NONE, {
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
  row(
    'tcpaccept.loss.count',
    'int',
    'How many were lost for this cause in the interval: accepts, or, of `rejected`, `dropped` and `evicted`, records.',
    NONE,
    { lost: (r) => r.count },
  ),
  row(
    'tcpaccept.loss.accepts',
    'int',
    'How many accepts that is: the record of one is one, a summary is as many as it counts, other records are none.',
    NONE,
    { lost: (r) => r.accepts },
  ),
  row('tcpaccept.interval.duration', 'double', 'The time before Timestamp that is counted, in seconds.', NONE, {
    summarized: (r) => seconds(r.summary.intervalNs),
    lost: (r) => seconds(r.intervalNs),
  }),
];

function seconds(ns: bigint): number {
  return Number(ns) / 1e9;
}

/** As the process itself sees it. */
function vpidOf({ pid, namespacePid }: { readonly pid: number; readonly namespacePid: number }): number | undefined {
  return namespacePid === pid ? undefined : namespacePid;
}

/** `reading`, of an accept, alone is what most attributes have; `others` are the further events that have it. */
function row(
  name: string,
  type: AttributeType,
  brief: string,
  reading: Reading | undefined,
  { ended, ...others }: Omit<AttributeValues, 'accepted'> & { readonly ended?: OfEnd } = {},
): AttributeRow {
  const values = reading ? { accepted: reading.value, ...others } : others;
  return { name, type, brief, values, reading, ended };
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

/** The attributes of the span of a connection's life: those of its accept, and how it ended. */
export function attributesOfEnd(record: EndRecord): Record<string, AttributeValue> {
  const attributes = attributesOf('accepted', record.accept);
  for (const { name, ended } of ATTRIBUTES) {
    const known = ended?.(record);
    if (known !== undefined) attributes[name] = known;
  }
  return attributes;
}
