/**
 * The bytes of one `struct tcpaccept_summary` (bpf/event.h), little-endian as the hosts we support are.
 *
 * `test/kernel/summary-layout.test.ts` compares this table with what the C compiler says.
 */
export const SUMMARY_BYTES = 136;

/** Byte offset of each field; widths are the C types'. */
export const SUMMARY_OFFSET = {
  cgroup_id: 0,
  peer_address: 8,
  local_address: 24,
  comm: 40,
  pid: 56,
  namespace_pid: 60,
  user_id: 64,
  network_namespace: 68,
  mount_namespace: 72,
  local_port: 76,
  accepts: 80,
  first_boot_ns_flipped: 88,
  last_boot_ns: 96,
  queue_known: 104,
  queue_duration_sum_ns: 112,
  queue_duration_max_ns: 120,
  level: 128,
} as const;

/** `enum tcpaccept_summary_level`, in order: what the accepts of a summary have in common, finest first. */
export const SUMMARY_LEVELS = ['peer', 'peer_prefix', 'listener', 'none'] as const;
export type SummaryLevel = (typeof SUMMARY_LEVELS)[number];

/** `SUMMARIZE_NEVER`, `_OVERLOAD` and `_ALL` of bpf/maps.h, in order, by what a user calls them. */
export const MODES = ['events', 'auto', 'summary'] as const;
export type Mode = (typeof MODES)[number];
