/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* From one accepted socket to one record in the ring, to a summary, or to the counter that says why not. */
#ifndef TCPACCEPT_CAPTURE_H
#define TCPACCEPT_CAPTURE_H

#include "address.h"
#include "connection.h"
#include "filter.h"
#include "maps.h"
#include "process_id.h"
#include "program_identity.h"
#include "queue_stamp.h"
#include "self.h"
#include "summary.h"

static __always_inline bool is_tcp(struct sock *sk, bool typed)
{
	u16 family = FIELD_OF(typed, sk, __sk_common.skc_family);
	u16 protocol = FIELD_OF(typed, sk, sk_protocol);

	return (family == AF_INET || family == AF_INET6) && (protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP);
}

/* For an MPTCP socket, the TCP socket that carries it; any other socket itself. Both TYPED. The function hooks, whose
 * sockets are typed, see TCP sockets only. */
static __always_inline struct sock *tcp_socket_of(struct sock *sk, u16 protocol, bool typed)
{
	if (typed || protocol != IPPROTO_MPTCP)
		return sk;
	return TYPED(struct sock, BPF_CORE_READ((struct mptcp_sock *)sk, first));
}

static __always_inline void fill_process(struct tcpaccept_event *event, struct task_struct *task)
{
	event->pid = task->tgid;
	event->tid = task->pid;
	event->namespace_pid = namespace_pid_of(task);
	event->user_id = user_id_of(task);
	event->real_user_id = real_user_id_of(task);
	event->process_start_boot_ns = process_start_boot_ns_of(task);
	event->exec_count = exec_count_of(task);
	event->cgroup_id = cgroup_id_of(task);
	event->mount_namespace = mount_namespace_of(task);
	read_comm(event->comm, task);
	read_executable_name(event->executable_name, task);
}

static __always_inline void fill_socket(struct tcpaccept_event *event, const struct socket_ends *ends, struct sock *sk,
					struct sock *tcp, bool typed)
{
	struct tcp_sock *state = tcp_sock_of(tcp, typed);
	u32 srtt_us = state ? FIELD_OF(typed, state, srtt_us) : 0;

	event->socket_cookie = tcp == sk ? ends->cookie : FIELD_OF(typed, tcp, __sk_common.skc_cookie.counter);
	event->network_namespace = network_namespace_of(ends, typed);
	event->rtt_us = srtt_us ? srtt_us >> 3 : TCPACCEPT_UNKNOWN_U32;
	event->queue_duration_ns = take_queue_duration_ns(tcp, event->accepted_boot_ns);
	if (tcp != sk ||
	    (bpf_core_field_exists(struct tcp_sock, is_mptcp) && state && FIELD_OF(typed, state, is_mptcp)))
		event->flags |= TCPACCEPT_FLAG_MPTCP;
}

/* The TCP socket that listens; NULL where what was found is none, or listens no more. */
struct listening {
	struct sock *socket;
	u16 port;
};

/* `listener` is TYPED and may be NULL. */
static __always_inline struct listening listening_of(struct sock *listener, bool typed)
{
	struct listening listening = {};

	if (!listener || (!typed && !is_tcp(listener, typed)))
		return listening;
	listener = tcp_socket_of(listener, FIELD_OF(typed, listener, sk_protocol), typed);
	if (FIELD_OF(typed, listener, __sk_common.skc_state) != TCP_LISTEN)
		return listening;
	listening.socket = listener;
	listening.port = FIELD_OF(typed, listener, __sk_common.skc_num);
	return listening;
}

/* The accepted socket's own backlog fields are a stale copy of the listener's: only the listener tells the truth. */
static __always_inline void fill_listener(struct tcpaccept_event *event, const struct listening *listening,
					  u16 local_port, bool typed)
{
	struct sock *listener = listening->socket;

	event->queue_length = event->queue_limit = TCPACCEPT_UNKNOWN_U32;
	if (!listener || listening->port != local_port)
		return;
	event->queue_length = FIELD_OF(typed, listener, sk_ack_backlog);
	event->queue_limit = FIELD_OF(typed, listener, sk_max_ack_backlog);
}

/* `sk` is TYPED and of TCP. */
static __always_inline int capture_ends(struct sock *sk, const struct socket_ends *ends,
					const struct listening *listening, enum tcpaccept_method method, bool typed)
{
	struct task_struct *task = TYPED(struct task_struct, bpf_get_current_task_btf());
	struct per_cpu_counts *counts;
	struct tcpaccept_event *event;
	struct sock *tcp;
	u64 sequence;

	counts = this_cpu_counts();
	if (!counts)
		return 0;
	count(counts, TCPACCEPT_SEEN);
	if (!is_wanted(task, ends, typed)) {
		count(counts, TCPACCEPT_FILTERED);
		return 0;
	}
	if (take_self_connection(ends)) {
		count(counts, TCPACCEPT_SELF);
		return 0;
	}

	tcp = tcp_socket_of(sk, ends->protocol, typed);
	if (must_summarize())
		return summarize(tcp, ends, typed);
	sequence = __sync_fetch_and_add(&counts->next_sequence, 1);
	event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
	if (!event && summaries != SUMMARIZE_NEVER)
		return summarize(tcp, ends, typed);
	if (!event) {
		count(counts, TCPACCEPT_RING_FULL);
		return 0;
	}
	__builtin_memset(event, 0, sizeof(*event));
	event->accepted_boot_ns = bpf_ktime_get_boot_ns();
	event->sequence = sequence;
	event->cpu = bpf_get_smp_processor_id();
	event->method = method;
	event->socket_family = ends->family;
	event->peer_port = ends->peer_port;
	event->local_port = ends->local_port;
	__builtin_memcpy(event->peer_address, ends->peer_address, sizeof(event->peer_address));
	__builtin_memcpy(event->local_address, ends->local_address, sizeof(event->local_address));
	fill_process(event, task);
	fill_socket(event, ends, sk, tcp, typed);
	fill_listener(event, listening, ends->local_port, typed);
	if (connections)
		remember_connection(event, tcp, typed);
	count(counts, TCPACCEPT_SUBMITTED);
	bpf_ringbuf_submit(event, submit_flags());
	return 0;
}

/* Both sockets are TYPED, `listener` may be NULL. Anything but TCP is nothing to us and is not counted. */
static __always_inline int capture(struct sock *sk, struct sock *listener, enum tcpaccept_method method, bool typed)
{
	struct socket_ends ends = {};
	struct listening listening;

	if (!read_socket_ends(sk, &ends, typed))
		return 0;
	listening = listening_of(listener, typed);
	return capture_ends(sk, &ends, &listening, method, typed);
}

#endif
