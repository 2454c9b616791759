/**
 * The bytes of one `struct tcpaccept_summary` (bpf/event.h), little-endian as the hosts we support are.
 *
 * `test/kernel/summary-layout.test.ts` compares this table with what the C compiler says.
 */
export const SUMMARY_BYTES = 184;

/** Byte offset of each field; widths are the C types'. */
export const SUMMARY_OFFSET = {
  cgroup_id: 0,
  process_start_boot_ns: 8,
  peer_address: 16,
  local_address: 32,
  comm: 48,
  executable_name: 64,
  pid: 96,
  namespace_pid: 100,
  user_id: 104,
  real_user_id: 108,
  exec_count: 112,
  network_namespace: 116,
  mount_namespace: 120,
  local_port: 124,
  accepts: 128,
  first_boot_ns_flipped: 136,
  last_boot_ns: 144,
  queue_known: 152,
  queue_duration_sum_ns: 160,
  queue_duration_max_ns: 168,
  level: 176,
} as const;

/** `enum tcpaccept_summary_level`, in order: what the accepts of a summary have in common, finest first. */
export const SUMMARY_LEVELS = ['peer', 'peer_prefix', 'listener', 'none'] as const;
export type SummaryLevel = (typeof SUMMARY_LEVELS)[number];

/** `SUMMARIZE_NEVER`, `_OVERLOAD` and `_ALL` of bpf/maps.h, in order, by what a user calls them. */
export const MODES = ['events', 'auto', 'summary'] as const;
export type Mode = (typeof MODES)[number];
