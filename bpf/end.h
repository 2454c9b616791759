/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The record of the end of an accepted connection, and the counters of connections that are followed to it.
 *
 * Included by the BPF programs and by native/, as event.h is; src/kernel/end-layout.ts describes the same bytes.
 */
#ifndef TCPACCEPT_END_H
#define TCPACCEPT_END_H

#include "event.h"

/* Most connections that are followed at once: 16 MB. */
#define TCPACCEPT_OPEN_CONNECTIONS 65536

/* A FIN counts as a byte of its stream. */
enum tcpaccept_end_flag {
	TCPACCEPT_END_PEER_FIN = 1,  /* the client sent its own, of bytes_received */
	TCPACCEPT_END_FIN_SENT = 2,  /* we sent ours, of bytes_acked and bytes_in_flight together */
	TCPACCEPT_END_FIN_ACKED = 4, /* and the client acknowledged it, of bytes_acked */
};

/* Its numbers are the kernel's struct tcp_sock's. */
struct tcpaccept_end {
	struct tcpaccept_event accept; /* the record of its accept, byte by byte */
	u64 closed_boot_ns;	       /* CLOCK_BOOTTIME of the change to TCP_CLOSE */
	u64 bytes_received;
	u64 bytes_acked;
	u32 bytes_in_flight; /* sent and not acknowledged */
	u32 segments_received;
	u32 segments_sent;
	u32 segments_retransmitted;
	u32 rtt_us;    /* smoothed; UNKNOWN_U32 before the first sample */
	u16 error;     /* the socket's pending error (sk_err), an errno; 0 for none */
	u8 last_state; /* the TCP state it came from, as include/net/tcp_states.h numbers them */
	u8 flags;      /* enum tcpaccept_end_flag */
};

#ifdef __cplusplus
static_assert(sizeof(struct tcpaccept_end) == 232, "src/kernel/end-layout.ts says 232 bytes");
#else
_Static_assert(sizeof(struct tcpaccept_end) == 232, "src/kernel/end-layout.ts says 232 bytes");
#endif

/* Counters, one u64 a CPU each. The identity: connections = forgotten + closed_early + open + ring_full + submitted,
 * of which open is not counted but what is left. */
enum tcpaccept_connection_counter {
	TCPACCEPT_CONNECTIONS,
	TCPACCEPT_CONNECTIONS_FORGOTTEN,
	TCPACCEPT_CONNECTIONS_CLOSED_EARLY,
	TCPACCEPT_ENDS_RING_FULL,
	TCPACCEPT_ENDS_SUBMITTED,
	TCPACCEPT_CONNECTION_COUNTERS,
};

#endif
