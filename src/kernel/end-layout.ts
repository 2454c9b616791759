/**
 * The bytes of one `struct tcpaccept_end` (bpf/end.h), as `record-layout.ts` has those of its first part, the accept.
 *
 * `test/kernel/end-layout.test.ts` compares this table with what the C compiler says.
 */
export const END_BYTES = 232;

/** Byte offset of each field; widths are the C types'. */
export const END_OFFSET = {
  accept: 0,
  closed_boot_ns: 184,
  bytes_received: 192,
  bytes_acked: 200,
  bytes_in_flight: 208,
  segments_received: 212,
  segments_sent: 216,
  segments_retransmitted: 220,
  rtt_us: 224,
  error: 228,
  last_state: 230,
  flags: 231,
} as const;

/** Bits of `flags`: a FIN counts as one byte of its stream. */
export const END_PEER_FIN = 1;
export const END_FIN_SENT = 2;
export const END_FIN_ACKED = 4;

/** `TCPACCEPT_OPEN_CONNECTIONS`: most connections that the kernel follows at once. */
export const MOST_OPEN_CONNECTIONS = 65_536;

/** `enum tcpaccept_connection_counter`, in order: the names the ledger uses. */
export const CONNECTION_COUNTERS = [
  'connections',
  'connections_forgotten',
  'connections_closed_early',
  'ends_ring_full',
  'ends_submitted',
] as const;
