import type { AcceptedConnection } from '../../src/kernel/accepted-connection.ts';
import {
  COMM_BYTES,
  EXECUTABLE_BYTES,
  METHODS,
  OFFSET,
  RECORD_BYTES,
  UNKNOWN_U32,
  UNKNOWN_U64,
} from '../../src/kernel/record-layout.ts';

const FAMILY = { inet: 2, inet6: 10 };

/** The bytes the kernel would have written for these connections, one after the other. */
export function recordBytes(connections: readonly AcceptedConnection[]): Uint8Array {
  const bytes = new Uint8Array(connections.length * RECORD_BYTES);
  for (const [index, connection] of connections.entries()) {
    write(bytes.subarray(index * RECORD_BYTES, (index + 1) * RECORD_BYTES), connection);
  }
  return bytes;
}

function write(bytes: Uint8Array, c: AcceptedConnection): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u16 = (field: keyof typeof OFFSET, value: number) => view.setUint16(OFFSET[field], value, true);
  const u32 = (field: keyof typeof OFFSET, value = UNKNOWN_U32) => view.setUint32(OFFSET[field], value, true);
  const u64 = (field: keyof typeof OFFSET, value = UNKNOWN_U64) => view.setBigUint64(OFFSET[field], value, true);
  u64('accepted_boot_ns', c.acceptedBootNs);
  u64('sequence', c.sequence);
  u64('queue_duration_ns', c.queueDurationNs);
  u64('cgroup_id', c.cgroupId);
  u64('socket_cookie', c.socketCookie);
  bytes.set(addressBytes(c.peerAddress, c.socketFamily), OFFSET.peer_address);
  bytes.set(addressBytes(c.localAddress, c.socketFamily), OFFSET.local_address);
  bytes.set(Buffer.from(c.comm).subarray(0, COMM_BYTES), OFFSET.comm);
  u32('pid', c.pid);
  u32('tid', c.tid);
  u32('namespace_pid', c.namespacePid);
  u32('user_id', c.userId);
  u32('real_user_id', c.realUserId);
  u64('process_start_boot_ns', c.processStartBootNs);
  u32('exec_count', c.execCount);
  bytes.set(Buffer.from(c.executableName).subarray(0, EXECUTABLE_BYTES), OFFSET.executable_name);
  u32('network_namespace', c.networkNamespace);
  u32('mount_namespace', c.mountNamespace);
  u32('queue_length', c.queueLength);
  u32('queue_limit', c.queueLimit);
  u32('rtt_us', c.rttUs);
  u16('cpu', c.cpu);
  u16('peer_port', c.peerPort);
  u16('local_port', c.localPort);
  bytes[OFFSET.socket_family] = FAMILY[c.socketFamily];
  bytes[OFFSET.method] = METHODS.indexOf(c.method);
  bytes[OFFSET.flags] = Number(c.mptcp);
}

function addressBytes(text: string, family: 'inet' | 'inet6'): number[] {
  if (text.includes('.')) {
    const ipv4 = text.split('.').map(Number);
    return family === 'inet' ? ipv4 : [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...ipv4];
  }
  const [before = '', after] = text.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const left = groups(before);
  const right = groups(after ?? '');
  const zeros = Array<number>(8 - left.length - right.length).fill(0);
  return [...left, ...zeros, ...right].flatMap((group) => [group >> 8, group & 255]);
}
