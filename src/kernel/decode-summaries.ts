import type { AcceptSummary, SummarizedListener, SummarizedProcess } from './accept-summary.ts';
import { addressText, isMappedIpv4, mappedIpv4Text } from './address.ts';
import { textAt } from './kernel-text.ts';
import { AF_INET6, COMM_BYTES, EXECUTABLE_BYTES } from './record-layout.ts';
import type { BatchClock } from './record-view.ts';
import { SUMMARY_BYTES, SUMMARY_LEVELS, SUMMARY_OFFSET } from './summary-layout.ts';

/** A set of counts that is added to no more: which it is, and the time in which its accepts were counted. */
export interface EndedSet {
  readonly turn: number;
  readonly endedBootNs: bigint;
  readonly intervalNs: bigint;
}

/** Decodes `count` rows of `SUMMARY_BYTES` each, which follow so many others of the set; the result keeps nothing of `bytes`. */
export function decodeSummaries(
  bytes: Uint8Array,
  count: number,
  clock: BatchClock,
  set: EndedSet,
  rowsBefore = 0,
): AcceptSummary[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const summaries: AcceptSummary[] = [];
  for (let i = 0; i < count; i++) {
    summaries.push(decodeSummary(bytes, view, i * SUMMARY_BYTES, clock, set, rowsBefore + i));
  }
  return summaries;
}

function decodeSummary(
  bytes: Uint8Array,
  view: DataView,
  base: number,
  clock: BatchClock,
  { turn, endedBootNs, intervalNs }: EndedSet,
  row: number,
): AcceptSummary {
  const u64 = (offset: number) => view.getBigUint64(base + offset, true);
  const level = SUMMARY_LEVELS[view.getUint8(base + SUMMARY_OFFSET.level)] ?? 'none';
  const hasProcess = level === 'peer' || level === 'peer_prefix';
  const peerAt = base + SUMMARY_OFFSET.peer_address;
  const firstBootNs = BigInt.asUintN(64, ~u64(SUMMARY_OFFSET.first_boot_ns_flipped));
  const lastBootNs = u64(SUMMARY_OFFSET.last_boot_ns);
  return {
    turn,
    row,
    level,
    accepts: Number(u64(SUMMARY_OFFSET.accepts)),
    listener: level === 'none' ? undefined : listenerOf(bytes, view, base),
    process: hasProcess ? processOf(bytes, view, base) : undefined,
    peerAddress: level === 'peer' ? foldedText(bytes, peerAt) : undefined,
    peerPrefix: level === 'peer_prefix' ? prefixText(bytes, peerAt) : undefined,
    firstUnixNs: firstBootNs + clock.bootToUnixNs,
    lastUnixNs: lastBootNs + clock.bootToUnixNs,
    firstBootNs,
    lastBootNs,
    queueKnown: Number(u64(SUMMARY_OFFSET.queue_known)),
    queueDurationSumNs: u64(SUMMARY_OFFSET.queue_duration_sum_ns),
    queueDurationMaxNs: u64(SUMMARY_OFFSET.queue_duration_max_ns),
    endedUnixNs: endedBootNs + clock.bootToUnixNs,
    intervalNs,
    observedUnixNs: clock.observedUnixNs,
  };
}

function listenerOf(bytes: Uint8Array, view: DataView, base: number): SummarizedListener {
  const localAt = base + SUMMARY_OFFSET.local_address;
  return {
    networkType: isMappedIpv4(bytes, localAt) ? 'ipv4' : 'ipv6',
    localAddress: foldedText(bytes, localAt),
    localPort: view.getUint16(base + SUMMARY_OFFSET.local_port, true),
    networkNamespace: view.getUint32(base + SUMMARY_OFFSET.network_namespace, true),
  };
}

function processOf(bytes: Uint8Array, view: DataView, base: number): SummarizedProcess {
  const u32 = (offset: number) => view.getUint32(base + offset, true);
  return {
    pid: u32(SUMMARY_OFFSET.pid),
    namespacePid: u32(SUMMARY_OFFSET.namespace_pid),
    userId: u32(SUMMARY_OFFSET.user_id),
    realUserId: u32(SUMMARY_OFFSET.real_user_id),
    processStartBootNs: view.getBigUint64(base + SUMMARY_OFFSET.process_start_boot_ns, true),
    execCount: u32(SUMMARY_OFFSET.exec_count),
    executableName: textAt(bytes, base + SUMMARY_OFFSET.executable_name, EXECUTABLE_BYTES),
    comm: textAt(bytes, base + SUMMARY_OFFSET.comm, COMM_BYTES),
    cgroupId: view.getBigUint64(base + SUMMARY_OFFSET.cgroup_id, true),
    mountNamespace: u32(SUMMARY_OFFSET.mount_namespace),
  };
}

function foldedText(bytes: Uint8Array, at: number): string {
  return isMappedIpv4(bytes, at) ? mappedIpv4Text(bytes, at) : addressText(bytes, at, AF_INET6);
}

function prefixText(bytes: Uint8Array, at: number): string {
  return `${foldedText(bytes, at)}/${isMappedIpv4(bytes, at) ? 24 : 64}`;
}
