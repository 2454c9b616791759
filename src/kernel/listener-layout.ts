/**
 * The bytes of one `struct tcpaccept_listener` (bpf/listener.h), little-endian as the hosts we support are.
 *
 * `test/kernel/record-layout.test.ts` compares this table with what the C compiler says.
 */
export const LISTENER_BYTES = 136;

/** Byte offset of each field; widths are the C types'. */
export const LISTENER_OFFSET = {
  socket: 0,
  reuseport_group: 8,
  cgroup_id: 16,
  process_start_boot_ns: 24,
  local_address: 32,
  comm: 48,
  executable_name: 64,
  pid: 96,
  namespace_pid: 100,
  user_id: 104,
  real_user_id: 108,
  exec_count: 112,
  network_namespace: 116,
  queue_length: 120,
  queue_limit: 124,
  descriptor: 128,
  local_port: 132,
  socket_family: 134,
  flags: 135,
} as const;

/** Bits of `flags`. */
export const LISTENER_FLAG_MPTCP = 1;
export const LISTENER_FLAG_IPV6_ONLY = 2;
