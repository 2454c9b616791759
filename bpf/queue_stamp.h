/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * How long a connection waited in the accept queue.
 *
 * A child socket is cloned from its listener and moved to SYN_RECV in inet_csk_clone_lock (6.1 to 6.18,
 * net/ipv4/inet_connection_sock.c), microseconds before it is put into the accept queue: when the handshake's last ACK
 * arrives or, with Fast Open, when the SYN does. ESTABLISHED comes after the queue, so accept could overtake it.
 */
#ifndef TCPACCEPT_QUEUE_STAMP_H
#define TCPACCEPT_QUEUE_STAMP_H

#include "maps.h"

static __always_inline void stamp_queued(struct sock *sk)
{
	u64 key = (u64)sk;
	u64 now_boot_ns = bpf_ktime_get_boot_ns();

	bpf_map_update_elem(&queued_at, &key, &now_boot_ns, BPF_ANY);
}

static __always_inline void forget_queued(struct sock *sk)
{
	u64 key = (u64)sk;

	bpf_map_delete_elem(&queued_at, &key);
}

static __always_inline bool is_queued(struct sock *sk)
{
	u64 key = (u64)sk;

	return bpf_map_lookup_elem(&queued_at, &key);
}

/* Nanoseconds in the queue; UNKNOWN_U64 when the handshake ended before tracing began. */
static __always_inline u64 take_queue_duration_ns(struct sock *sk, u64 accepted_boot_ns)
{
	u64 key = (u64)sk;
	u64 *queued_boot_ns = bpf_map_lookup_elem(&queued_at, &key);
	u64 duration_ns;

	if (!queued_boot_ns)
		return TCPACCEPT_UNKNOWN_U64;
	duration_ns = accepted_boot_ns > *queued_boot_ns ? accepted_boot_ns - *queued_boot_ns : 0;
	bpf_map_delete_elem(&queued_at, &key);
	return duration_ns;
}

#endif
