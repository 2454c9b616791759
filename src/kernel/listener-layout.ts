/**
 * The bytes of one `struct tcpaccept_listener` (bpf/listener.h), little-endian as the hosts we support are.
 *
 * `test/kernel/record-layout.test.ts` compares this table with what the C compiler says.
 */
export const LISTENER_BYTES = 88;

/** Byte offset of each field; widths are the C types'. */
export const LISTENER_OFFSET = {
  socket: 0,
  reuseport_group: 8,
  cgroup_id: 16,
  local_address: 24,
  comm: 40,
  pid: 56,
  namespace_pid: 60,
  user_id: 64,
  network_namespace: 68,
  queue_length: 72,
  queue_limit: 76,
  descriptor: 80,
  local_port: 84,
  socket_family: 86,
  flags: 87,
} as const;

/** Bits of `flags`. */
export const LISTENER_FLAG_MPTCP = 1;
export const LISTENER_FLAG_IPV6_ONLY = 2;
