/**
 * The bytes of one `struct tcpaccept_event` (bpf/event.h), little-endian as the hosts we support are.
 *
 * `test/kernel/record-layout.test.ts` compares this table with what the C compiler says.
 */
export const RECORD_BYTES = 184;

/** Length of the kernel's `comm`, NUL included. */
export const COMM_BYTES = 16;

/** Most of an executable's name that a record has, NUL included. */
export const EXECUTABLE_BYTES = 32;

/** What a field holds when the kernel could not tell. */
export const UNKNOWN_U32 = 0xffff_ffff;
export const UNKNOWN_U64 = 0xffff_ffff_ffff_ffffn;

/** Byte offset of each field; widths are the C types'. */
export const OFFSET = {
  accepted_boot_ns: 0,
  sequence: 8,
  queue_duration_ns: 16,
  cgroup_id: 24,
  socket_cookie: 32,
  process_start_boot_ns: 40,
  peer_address: 48,
  local_address: 64,
  comm: 80,
  executable_name: 96,
  pid: 128,
  tid: 132,
  namespace_pid: 136,
  user_id: 140,
  real_user_id: 144,
  exec_count: 148,
  network_namespace: 152,
  mount_namespace: 156,
  queue_length: 160,
  queue_limit: 164,
  rtt_us: 168,
  cpu: 172,
  peer_port: 174,
  local_port: 176,
  socket_family: 178,
  method: 179,
  flags: 180,
} as const;

/** `AF_INET` and `AF_INET6` as Linux numbers them. */
export const AF_INET = 2;
export const AF_INET6 = 10;

/** `enum tcpaccept_method`, in order. */
export const METHODS = ['syscall', 'io_uring', 'kernel'] as const;
export type AcceptMethod = (typeof METHODS)[number];

/** Bit of `flags` set on a connection accepted through an MPTCP listener. */
export const FLAG_MPTCP = 1;

/** `enum tcpaccept_counter`, in order: the names the ledger uses. */
export const KERNEL_COUNTERS = [
  'seen',
  'filtered',
  'self',
  'aggregated',
  'ring_full',
  'unreadable',
  'submitted',
] as const;
export type KernelCounter = (typeof KERNEL_COUNTERS)[number];

/** BPF_RINGBUF_HDR_SZ of include/uapi/linux/bpf.h; records are a multiple of 8 bytes already. */
const RING_HEADER_BYTES = 8;

/** How many records a ring of so many bytes holds. */
export function recordsThatFit(ringBytes: number): number {
  return Math.floor(ringBytes / (RECORD_BYTES + RING_HEADER_BYTES));
}
