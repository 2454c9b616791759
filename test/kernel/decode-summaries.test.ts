import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeSummaries } from '../../src/kernel/decode-summaries.ts';
import {
  SUMMARY_OFFSET as AT,
  SUMMARY_BYTES,
  SUMMARY_LEVELS,
  type SummaryLevel,
} from '../../src/kernel/summary-layout.ts';

const CLOCK = { bootToUnixNs: 1_000_000n, observedUnixNs: 5_000_000n };
const INTERVAL = { turn: 7, endedBootNs: 900n, intervalNs: 800n };
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255];

function row(level: SummaryLevel, peer: readonly number[], local: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(SUMMARY_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(peer, AT.peer_address);
  bytes.set(local, AT.local_address);
  bytes.set(Buffer.from('nginx'), AT.comm);
  view.setBigUint64(AT.cgroup_id, 42n, true);
  view.setUint32(AT.pid, 812, true);
  view.setUint32(AT.namespace_pid, 1, true);
  view.setUint32(AT.user_id, 33, true);
  view.setUint32(AT.real_user_id, 34, true);
  view.setBigUint64(AT.process_start_boot_ns, 7n, true);
  view.setUint32(AT.exec_count, 3, true);
  bytes.set(Buffer.from('nginx'), AT.executable_name);
  view.setUint32(AT.network_namespace, 4_026_531_840, true);
  view.setUint32(AT.mount_namespace, 4_026_531_841, true);
  view.setUint16(AT.local_port, 443, true);
  view.setBigUint64(AT.accepts, 7n, true);
  view.setBigUint64(AT.first_boot_ns_flipped, BigInt.asUintN(64, ~100n), true);
  view.setBigUint64(AT.last_boot_ns, 200n, true);
  view.setBigUint64(AT.queue_known, 6n, true);
  view.setBigUint64(AT.queue_duration_sum_ns, 60n, true);
  view.setBigUint64(AT.queue_duration_max_ns, 20n, true);
  view.setUint8(AT.level, SUMMARY_LEVELS.indexOf(level));
  return bytes;
}

function decode(...row_: Parameters<typeof row>) {
  const [summary] = decodeSummaries(row(...row_), 1, CLOCK, INTERVAL);
  assert.ok(summary);
  return summary;
}

test('every field of a row, times as wall clock', () => {
  assert.deepEqual(decode('peer', [...MAPPED, 10, 0, 0, 5], [...MAPPED, 10, 0, 0, 1]), {
    turn: 7,
    row: 0,
    level: 'peer',
    accepts: 7,
    listener: { networkType: 'ipv4', localAddress: '10.0.0.1', localPort: 443, networkNamespace: 4_026_531_840 },
    process: {
      pid: 812,
      namespacePid: 1,
      userId: 33,
      realUserId: 34,
      processStartBootNs: 7n,
      execCount: 3,
      executableName: 'nginx',
      comm: 'nginx',
      cgroupId: 42n,
      mountNamespace: 4_026_531_841,
    },
    peerAddress: '10.0.0.5',
    peerPrefix: undefined,
    firstUnixNs: 1_000_100n,
    lastUnixNs: 1_000_200n,
    firstBootNs: 100n,
    lastBootNs: 200n,
    queueKnown: 6,
    queueDurationSumNs: 60n,
    queueDurationMaxNs: 20n,
    endedUnixNs: 1_000_900n,
    intervalNs: 800n,
    observedUnixNs: 5_000_000n,
  });
});

test('coarser rows have what they have in common, and IPv6 prefixes are /64', () => {
  const ipv6 = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0];
  const prefix = decode('peer_prefix', ipv6, ipv6);
  assert.deepEqual([prefix.peerAddress, prefix.peerPrefix], [undefined, '2001:db8:0:9::/64']);
  assert.deepEqual([prefix.listener?.networkType, prefix.process?.pid], ['ipv6', 812]);
  assert.equal(decode('peer_prefix', [...MAPPED, 10, 1, 2, 0], ipv6).peerPrefix, '10.1.2.0/24');
  const listener = decode('listener', ipv6, ipv6);
  assert.deepEqual(
    [listener.peerAddress, listener.peerPrefix, listener.process, listener.listener?.localPort],
    [undefined, undefined, undefined, 443],
  );
  const none = decode('none', ipv6, ipv6);
  assert.deepEqual([none.listener, none.process, none.peerPrefix, none.accepts], [undefined, undefined, undefined, 7]);
});
