import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseCgroupPath } from '../../src/identity/cgroup-path.ts';
import { parseProcCgroup } from '../../src/identity/proc-cgroup.ts';
import { ATTRIBUTES } from '../../src/record/attributes.ts';
import { PACKAGE_VERSION } from '../../src/version.ts';
import { cgroupIdOf } from '../kernel/cgroup.ts';
import type { AcceptFacts, Acceptor } from './acceptor.ts';
import type { CollectedRecord, CollectedValue } from './collected-record.ts';

const EVENT = 'tcpaccept.connection.accepted';
const MAPPED = /^::ffff:(?=\d+\.)/;
/** The wall clock of an accept is measured when the ring is drained, and NTP may have moved it since. */
const CLOCK_TOLERANCE_NS = 1_000_000n;
/** No acceptor is older. */
const LONGEST_TEST_MILLIS = 1_200_000;
const BOOT_ID = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim().replaceAll('-', '');
const UID = new RegExp(`^${BOOT_ID}-[0-9a-z]+-\\d+-\\d+$`);

/** Every attribute the table may give, with its type in OTLP, and the one that the shipped configuration adds. */
const TYPES: Readonly<Record<string, string>> = Object.fromEntries([
  ...ATTRIBUTES.map(({ name, type }) => [name, type === 'boolean' ? 'bool' : type]),
  ['event_name', 'string'],
]);

/** What one process's accepts have in common, read once: it takes several files. */
export interface ExpectedProcess {
  readonly acceptor: Acceptor;
  readonly attributes: Readonly<Record<string, CollectedValue>>;
}

/** What every record of this acceptor must say of its process. */
export function expectedProcess(acceptor: Acceptor): ExpectedProcess {
  const { pid, userId, networkNamespace, mountNamespace, executable } = acceptor.facts;
  const cgroup = parseProcCgroup(readFileSync(`/proc/${pid}/cgroup`, 'utf8'));
  const { containerId, podUid, runtime } = parseCgroupPath(cgroup ?? '');
  const known = {
    'process.pid': pid,
    'process.parent_pid': Number(statusOf(pid, 'PPid')),
    'process.user.id': userId,
    'process.user.name': userName(userId),
    'process.real_user.id': Number(statusOf(pid, 'Uid')),
    'process.real_user.name': userName(Number(statusOf(pid, 'Uid'))),
    'process.executable.name': basename(executable),
    'process.executable.path': executable,
    'process.linux.cgroup': cgroup,
    'container.id': containerId,
    'container.runtime.name': runtime,
    'k8s.pod.uid': podUid,
    'tcpaccept.network_namespace': networkNamespace,
    'tcpaccept.mount_namespace': mountNamespace,
    'tcpaccept.cgroup.id': cgroupIdOf(pid).toString(),
    'tcpaccept.accept_queue.limit': acceptor.backlog,
  };
  const attributes: Record<string, CollectedValue> = {};
  for (const [name, value] of Object.entries(known)) if (value !== undefined) attributes[name] = value;
  return { acceptor, attributes };
}

/** Whether the record has what the end of the handshake told; a few may lack it: the README's limits say when. */
export function isWhole({ attributes }: CollectedRecord): boolean {
  return 'tcpaccept.socket.cookie' in attributes && 'tcpaccept.accept_queue.duration' in attributes;
}

/** Fails unless the record says of this accept exactly what the kernel told its own process, and nothing else. */
export function assertRecord(record: CollectedRecord, process: ExpectedProcess, facts: AcceptFacts): void {
  const {
    'log.record.uid': uid,
    'tcpaccept.accept_queue.duration': queueDuration,
    'tcpaccept.accept_queue.length': queueLength,
    'tcpaccept.tcp.rtt': rtt,
    'process.creation.time': creationTime,
    ...exact
  } = record.attributes;
  assert.deepEqual(exact, { ...process.attributes, ...attributesOfAccept(process, facts) });
  assert.match(String(uid), UID);
  assertMeasured(queueDuration, 0, 60);
  assertMeasured(queueLength, 0, process.acceptor.backlog);
  assertMeasured(rtt, 0, 60);
  const ageMillis = Number(facts.before) / 1e6 - Date.parse(String(creationTime));
  assert.ok(ageMillis > 0 && ageMillis < LONGEST_TEST_MILLIS, `${creationTime}`);
  for (const [name, type] of Object.entries(record.attributeTypes)) assert.equal(type, TYPES[name], name);

  const { attributes, attributeTypes, timeUnixNano, observedTimeUnixNano, resource, ...rest } = record;
  assert.deepEqual(rest, {
    eventName: EVENT,
    severityNumber: 9,
    severityText: '',
    body: bodyOfAccept(process, facts),
    droppedAttributesCount: 0,
    scopeName: 'otel-tcpaccept',
    scopeVersion: PACKAGE_VERSION,
    schemaUrl: 'https://opentelemetry.io/schemas/1.45.0',
  });
  assertBetween(timeUnixNano, facts.before, facts.after);
  assert.ok(observedTimeUnixNano >= timeUnixNano);
}

/** Fails unless `unixNs` lies between two readings of the wall clock. */
export function assertBetween(unixNs: bigint, before: string, after: string): void {
  const isBetween = BigInt(before) - CLOCK_TOLERANCE_NS <= unixNs && unixNs <= BigInt(after) + CLOCK_TOLERANCE_NS;
  assert.ok(isBetween, `${unixNs} is not between ${before} and ${after}`);
}

/** A key that is the same for a record and for the accept it is of. */
export function keyOfRecord({ attributes }: CollectedRecord): string {
  return [
    attributes['network.peer.address'],
    attributes['network.peer.port'],
    attributes['network.local.address'],
    attributes['network.local.port'],
  ].join(' ');
}

/** See `keyOfRecord`; also for a connection as its client knows it. */
export function keyOfAccept(
  ends: Pick<AcceptFacts, 'peerAddress' | 'peerPort' | 'localAddress' | 'localPort'>,
): string {
  return [unmapped(ends.peerAddress), ends.peerPort, unmapped(ends.localAddress), ends.localPort].join(' ');
}

function attributesOfAccept({ acceptor }: ExpectedProcess, facts: AcceptFacts): Record<string, CollectedValue> {
  const peerAddress = unmapped(facts.peerAddress);
  return {
    'network.transport': 'tcp',
    'network.type': peerAddress.includes(':') ? 'ipv6' : 'ipv4',
    'network.peer.address': peerAddress,
    'network.peer.port': facts.peerPort,
    'network.local.address': unmapped(facts.localAddress),
    'network.local.port': facts.localPort,
    'thread.name': facts.threadName,
    'tcpaccept.thread.id': facts.tid,
    'tcpaccept.socket.cookie': facts.cookie,
    'tcpaccept.socket.family': acceptor.listeners[facts.listener]?.family ?? '',
    'tcpaccept.accept.method': 'syscall',
    'tcpaccept.mptcp': false,
    event_name: EVENT,
  };
}

function bodyOfAccept({ acceptor }: ExpectedProcess, facts: AcceptFacts): string {
  const end = (address: string, port: number) =>
    address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  const peer = end(unmapped(facts.peerAddress), facts.peerPort);
  const local = end(unmapped(facts.localAddress), facts.localPort);
  return `${facts.threadName}[${acceptor.facts.pid}] accepted ${peer} on ${local}`;
}

/** The first word of a line of /proc/PID/status. */
function statusOf(pid: number, name: string): string | undefined {
  return new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
}

function userName(userId: number): string | undefined {
  return new RegExp(`^([^:]+):[^:]*:${userId}:`, 'm').exec(readFileSync('/etc/passwd', 'utf8'))?.[1];
}

function unmapped(address: string): string {
  return address.replace(MAPPED, '');
}

function assertMeasured(value: CollectedValue | undefined, least: number, most: number): void {
  assert.ok(typeof value === 'number' && least <= value && value <= most, String(value));
}
