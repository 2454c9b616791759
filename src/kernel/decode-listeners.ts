import { addressText, isMappedIpv4, mappedIpv4Text } from './address.ts';
import { textAt } from './kernel-text.ts';
import type { Listener, ListenerOwner } from './listener.ts';
import {
  LISTENER_BYTES,
  LISTENER_FLAG_IPV6_ONLY,
  LISTENER_FLAG_MPTCP,
  LISTENER_OFFSET as OFFSET,
} from './listener-layout.ts';
import { AF_INET, AF_INET6, COMM_BYTES, EXECUTABLE_BYTES } from './record-layout.ts';

/** One listener for each socket of the `LISTENER_BYTES` long records, which are one for each descriptor. */
export function decodeListeners(bytes: Uint8Array): Listener[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const groups = new Map<bigint, number>();
  const basesOf = new Map<bigint, number[]>();
  for (let base = 0; base < bytes.length; base += LISTENER_BYTES) {
    const group = view.getBigUint64(base + OFFSET.reuseport_group, true);
    if (group !== 0n && !groups.has(group)) groups.set(group, groups.size + 1);
    const socket = view.getBigUint64(base + OFFSET.socket, true);
    basesOf.set(socket, [...(basesOf.get(socket) ?? []), base]);
  }
  return [...basesOf.values()].map((bases) => decodeSocket(bytes, view, bases, groups)).sort(byPlace);
}

function decodeSocket(
  bytes: Uint8Array,
  view: DataView,
  bases: readonly number[],
  groups: ReadonlyMap<bigint, number>,
): Listener {
  const [base = 0] = bases;
  const inet6 = view.getUint8(base + OFFSET.socket_family) === AF_INET6;
  const addressAt = base + OFFSET.local_address;
  const mapped = inet6 && isMappedIpv4(bytes, addressAt);
  const flags = view.getUint8(base + OFFSET.flags);
  return {
    networkType: inet6 && !mapped ? 'ipv6' : 'ipv4',
    localAddress: mapped ? mappedIpv4Text(bytes, addressAt) : addressText(bytes, addressAt, inet6 ? AF_INET6 : AF_INET),
    localPort: view.getUint16(base + OFFSET.local_port, true),
    socketFamily: inet6 ? 'inet6' : 'inet',
    ipv6Only: inet6 && (flags & LISTENER_FLAG_IPV6_ONLY) !== 0,
    mptcp: (flags & LISTENER_FLAG_MPTCP) !== 0,
    networkNamespace: view.getUint32(base + OFFSET.network_namespace, true),
    queueLength: view.getUint32(base + OFFSET.queue_length, true),
    queueLimit: view.getUint32(base + OFFSET.queue_limit, true),
    reuseportGroup: groups.get(view.getBigUint64(base + OFFSET.reuseport_group, true)),
    owners: ownersOf(bases.map((at) => decodeOwner(bytes, view, at))),
  };
}

function decodeOwner(bytes: Uint8Array, view: DataView, base: number): ListenerOwner {
  return {
    pid: view.getUint32(base + OFFSET.pid, true),
    namespacePid: view.getUint32(base + OFFSET.namespace_pid, true),
    userId: view.getUint32(base + OFFSET.user_id, true),
    realUserId: view.getUint32(base + OFFSET.real_user_id, true),
    processStartBootNs: view.getBigUint64(base + OFFSET.process_start_boot_ns, true),
    execCount: view.getUint32(base + OFFSET.exec_count, true),
    executableName: textAt(bytes, base + OFFSET.executable_name, EXECUTABLE_BYTES),
    comm: textAt(bytes, base + OFFSET.comm, COMM_BYTES),
    cgroupId: view.getBigUint64(base + OFFSET.cgroup_id, true),
    descriptor: view.getUint32(base + OFFSET.descriptor, true),
  };
}

/** Each process once, with its lowest descriptor, lowest pid first. */
function ownersOf(all: ListenerOwner[]): Listener['owners'] {
  all.sort((a, b) => a.pid - b.pid || a.descriptor - b.descriptor);
  return all.filter(({ pid }, index) => pid !== all[index - 1]?.pid) as [ListenerOwner, ...ListenerOwner[]];
}

function byPlace(a: Listener, b: Listener): number {
  return (
    a.networkNamespace - b.networkNamespace ||
    a.localPort - b.localPort ||
    (a.localAddress < b.localAddress ? -1 : a.localAddress > b.localAddress ? 1 : a.owners[0].pid - b.owners[0].pid)
  );
}
