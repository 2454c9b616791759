/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * An accepted connection followed to its end: accept remembers its record, the change to TCP_CLOSE takes it.
 *
 * The two may meet, on two CPUs, when a client resets a connection while it is accepted. Each says by an exchange of
 * `phase` that it was here, so that exactly one of them knows it came second and lets go of the entry.
 */
#ifndef TCPACCEPT_CONNECTION_H
#define TCPACCEPT_CONNECTION_H

#include "address.h"
#include "maps.h"

enum { REMEMBERING, REMEMBERED, CLOSED };

static const struct remembered nothing_yet;

static __always_inline void count_connection(enum tcpaccept_connection_counter counter)
{
	u32 zero = 0;
	struct per_cpu_connection_counts *counts = bpf_map_lookup_elem(&connection_counters, &zero);

	if (counts)
		__sync_fetch_and_add(&counts->counts[counter], 1);
}

/*
 * `event` is in the ring and complete; `tcp` is TYPED. Two steps, since a record is too large for the stack, and a map
 * takes memory of a ring as a value only since 6.2 (kernel/bpf/verifier.c, map_key_value_types).
 */
static __always_inline void remember_connection(const struct tcpaccept_event *event, struct sock *tcp, bool typed)
{
	u64 key = (u64)tcp;
	struct remembered *entry;
	u64 was;

	count_connection(TCPACCEPT_CONNECTIONS);
	entry = bpf_map_update_elem(&open_connections, &key, &nothing_yet, BPF_ANY) == 0
		    ? bpf_map_lookup_elem(&open_connections, &key)
		    : NULL;
	if (!entry) {
		count_connection(TCPACCEPT_CONNECTIONS_FORGOTTEN);
		return;
	}
	entry->accept = *event;
	was = __sync_lock_test_and_set(&entry->phase, REMEMBERED);
	/*
	 * The second: reset in the accept queue, before there was an entry to find. Between the tracepoint and the
	 * store of the state, some nanoseconds, neither tells: that entry stays until the socket's memory is one again.
	 */
	if ((was == CLOSED || FIELD_OF(typed, tcp, __sk_common.skc_state) == TCP_CLOSE) &&
	    bpf_map_delete_elem(&open_connections, &key) == 0)
		count_connection(TCPACCEPT_CONNECTIONS_CLOSED_EARLY);
}

/* Whose FINs are among the bytes that tcp_rcv_nxt_update and tcp_snd_una_update count (net/ipv4/tcp_input.c, 6.1 to
 * 6.18): tcp_fin sets SOCK_DONE, and behind our own, which is sent last, there is write_seq. */
static __always_inline u8 fins_of(struct sock *sk, int last_state, u32 acknowledged, u32 sent, u32 written)
{
	u8 flags = 0;

	if (sk->__sk_common.skc_flags & 1UL << bpf_core_enum_value(enum sock_flags, SOCK_DONE))
		flags |= TCPACCEPT_END_PEER_FIN;
	if (last_state != TCP_FIN_WAIT1 && last_state != TCP_FIN_WAIT2 && last_state != TCP_CLOSING &&
	    last_state != TCP_LAST_ACK)
		return flags;
	if (sent == written)
		flags |= TCPACCEPT_END_FIN_SENT;
	if (acknowledged == written)
		flags |= TCPACCEPT_END_FIN_ACKED;
	return flags;
}

/*
 * All that is read here is still there: tcp_disconnect, which clears it for a socket to be used again, changes the state
 * first; tcp_reset and tcp_write_err set sk_err before they do (net/ipv4/tcp.c, tcp_input.c, tcp_timer.c, 6.1 to 6.18).
 * A socket that becomes a TIME_WAIT one, which is another and smaller, changes to TCP_CLOSE then: tcp_time_wait calls
 * tcp_done (tcp_minisocks.c).
 */
static __always_inline void fill_end(struct tcpaccept_end *end, struct sock *sk, struct tcp_sock *tcp, int last_state)
{
	u32 srtt_us = tcp->srtt_us;
	u32 acknowledged = tcp->snd_una;
	u32 sent = tcp->snd_nxt;

	end->closed_boot_ns = bpf_ktime_get_boot_ns();
	end->bytes_received = tcp->bytes_received;
	end->bytes_acked = tcp->bytes_acked;
	end->bytes_in_flight = sent - acknowledged;
	end->segments_received = tcp->segs_in;
	end->segments_sent = tcp->segs_out;
	end->segments_retransmitted = tcp->total_retrans;
	end->rtt_us = srtt_us ? srtt_us >> 3 : TCPACCEPT_UNKNOWN_U32;
	end->error = sk->sk_err;
	end->last_state = last_state;
	end->flags = fins_of(sk, last_state, acknowledged, sent, tcp->write_seq);
}

/* Any change of state of any TCP socket; those nobody remembers, which nobody accepted, are nothing to us. */
static __always_inline int end_connection(struct sock *sk, int last_state, int new_state)
{
	u64 key = (u64)sk;
	struct remembered *entry;
	struct tcpaccept_end *end;
	struct tcp_sock *tcp;

	if (new_state != TCP_CLOSE)
		return 0;
	entry = bpf_map_lookup_elem(&open_connections, &key);
	if (!entry || __sync_lock_test_and_set(&entry->phase, CLOSED) != REMEMBERED)
		return 0;
	tcp = tcp_sock_of(sk, true);
	if (!tcp)
		return 0;
	end = bpf_ringbuf_reserve(&ends, sizeof(*end), 0);
	if (end) {
		end->accept = entry->accept;
		fill_end(end, sk, tcp, last_state);
		count_connection(TCPACCEPT_ENDS_SUBMITTED);
		bpf_ringbuf_submit(end, submit_flags());
	} else {
		count_connection(TCPACCEPT_ENDS_RING_FULL);
	}
	bpf_map_delete_elem(&open_connections, &key);
	return 0;
}

#endif
