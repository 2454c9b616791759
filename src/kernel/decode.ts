import type { AcceptedConnection } from './accepted-connection.ts';
import { addressText, isMappedIpv4, mappedIpv4Text } from './address.ts';
import { commText } from './comm.ts';
import {
  AF_INET,
  AF_INET6,
  FLAG_MPTCP,
  METHODS,
  OFFSET,
  RECORD_BYTES,
  UNKNOWN_U32,
  UNKNOWN_U64,
} from './record-layout.ts';

/** What turns the kernel's times into wall time; DESIGN: measured again at every drain, since NTP moves it. */
export interface BatchClock {
  readonly observedUnixNs: bigint;
  readonly bootToUnixNs: bigint;
}

/** Decodes `count` records of `RECORD_BYTES` each; the result keeps nothing of `bytes`. */
export function decodeRecords(bytes: Uint8Array, count: number, clock: BatchClock): AcceptedConnection[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const connections: AcceptedConnection[] = [];
  for (let i = 0; i < count; i++) connections.push(decodeRecord(bytes, view, i * RECORD_BYTES, clock));
  return connections;
}

function decodeRecord(bytes: Uint8Array, view: DataView, base: number, clock: BatchClock): AcceptedConnection {
  const u8 = (offset: number) => view.getUint8(base + offset);
  const u16 = (offset: number) => view.getUint16(base + offset, true);
  const u32 = (offset: number) => view.getUint32(base + offset, true);
  const u64 = (offset: number) => view.getBigUint64(base + offset, true);

  const inet6 = u8(OFFSET.socket_family) === AF_INET6;
  const peerAt = base + OFFSET.peer_address;
  const localAt = base + OFFSET.local_address;
  const mapped = inet6 && isMappedIpv4(bytes, peerAt);
  const text = (at: number) =>
    mapped ? mappedIpv4Text(bytes, at) : addressText(bytes, at, inet6 ? AF_INET6 : AF_INET);
  const acceptedBootNs = u64(OFFSET.accepted_boot_ns);

  return {
    acceptedUnixNs: acceptedBootNs + clock.bootToUnixNs,
    observedUnixNs: clock.observedUnixNs,
    acceptedBootNs,
    cpu: u16(OFFSET.cpu),
    sequence: u64(OFFSET.sequence),
    networkType: inet6 && !mapped ? 'ipv6' : 'ipv4',
    peerAddress: text(peerAt),
    peerPort: u16(OFFSET.peer_port),
    localAddress: text(localAt),
    localPort: u16(OFFSET.local_port),
    socketFamily: inet6 ? 'inet6' : 'inet',
    pid: u32(OFFSET.pid),
    tid: u32(OFFSET.tid),
    namespacePid: u32(OFFSET.namespace_pid),
    userId: u32(OFFSET.user_id),
    comm: commText(bytes, base + OFFSET.comm),
    cgroupId: u64(OFFSET.cgroup_id),
    socketCookie: u64(OFFSET.socket_cookie),
    networkNamespace: u32(OFFSET.network_namespace),
    mountNamespace: u32(OFFSET.mount_namespace),
    queueDurationNs: known(u64(OFFSET.queue_duration_ns), UNKNOWN_U64),
    queueLength: known(u32(OFFSET.queue_length), UNKNOWN_U32),
    queueLimit: known(u32(OFFSET.queue_limit), UNKNOWN_U32),
    rttUs: known(u32(OFFSET.rtt_us), UNKNOWN_U32),
    method: METHODS[u8(OFFSET.method)] ?? 'syscall',
    mptcp: (u8(OFFSET.flags) & FLAG_MPTCP) !== 0,
  };
}

function known<T>(value: T, unknown: T): T | undefined {
  return value === unknown ? undefined : value;
}
