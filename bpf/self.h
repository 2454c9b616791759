/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Our own connections, recognised without a race: a tracer that reported the accept of its own export would export that
 * too, for ever. connect() runs in our process and moves the socket to SYN_SENT; it becomes ESTABLISHED in softirq, of
 * any process, before our ACK lets the other side accept.
 */
#ifndef TCPACCEPT_SELF_H
#define TCPACCEPT_SELF_H

#include "address.h"
#include "maps.h"
#include "process_id.h"

static __always_inline bool is_self_port(u16 port)
{
	return self_mode == SELF_ALL || bpf_map_lookup_elem(&self_ports, &port);
}

static __always_inline void note_connecting(struct sock *sk)
{
	u64 key = (u64)sk;
	u8 present = 1;

	if (self_mode == SELF_NONE || !is_own_process(bpf_get_current_task_btf()))
		return;
	if (is_self_port(bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport))))
		bpf_map_update_elem(&self_connecting, &key, &present, BPF_ANY);
}

/* A connection refused or given up: the kernel will use the same address for a stranger's socket. */
static __always_inline void forget_connecting(struct sock *sk)
{
	u64 key = (u64)sk;

	bpf_map_delete_elem(&self_connecting, &key);
}

static __always_inline void note_connected(struct sock *sk)
{
	u64 key = (u64)sk;
	u8 present = 1;
	struct socket_ends ends = {};
	struct connection_ends connection = {};

	if (self_mode == SELF_NONE || !bpf_map_lookup_elem(&self_connecting, &key))
		return;
	bpf_map_delete_elem(&self_connecting, &key);
	if (!read_socket_ends(sk, &ends, true))
		return;
	map_address(connection.client_address, ends.local_address, ends.family);
	map_address(connection.server_address, ends.peer_address, ends.family);
	connection.client_port = ends.local_port;
	connection.server_port = ends.peer_port;
	__sync_fetch_and_or(&self_client_ports[connection.client_port / 64], 1ULL << connection.client_port % 64);
	bpf_map_update_elem(&self_connections, &connection, &present, BPF_ANY);
}

/* Whether the accepted connection is one we opened; true once for each. */
static __always_inline bool take_self_connection(const struct socket_ends *ends)
{
	struct connection_ends connection = {};

	if (self_mode == SELF_NONE)
		return false;
	/* Nearly every accept is another's, and this costs less than to look for it among ours. */
	if (!(self_client_ports[ends->peer_port / 64] & 1ULL << ends->peer_port % 64))
		return false;
	map_address(connection.client_address, ends->peer_address, ends->family);
	map_address(connection.server_address, ends->local_address, ends->family);
	connection.client_port = ends->peer_port;
	connection.server_port = ends->local_port;
	return bpf_map_delete_elem(&self_connections, &connection) == 0;
}

#endif
