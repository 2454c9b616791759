/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Every TCP socket that listens, with the processes that can accept from it: of all network namespaces at once. */
#ifndef TCPACCEPT_LIST_LISTENERS_H
#define TCPACCEPT_LIST_LISTENERS_H

#include "address.h"
#include "filter_sets.h"
#include "listener.h"
#include "program_identity.h"
#include "process_id.h"
#include "syscall_exit.h"

static __always_inline void fill_owner(struct tcpaccept_listener *listener, struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;

	listener->pid = task->tgid;
	listener->namespace_pid = namespace_pid_of(task);
	listener->user_id = user_id_of(task);
	listener->cgroup_id = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	BPF_CORE_READ_STR_INTO(&listener->comm, leader, comm);
	listener->real_user_id = real_user_id_of(task);
	listener->process_start_boot_ns = process_start_boot_ns_of(task);
	listener->exec_count = exec_count_of(task);
	read_executable_name(listener->executable_name, task);
}

/* `sk` is TYPED, `tcp` the TCP socket that listens for it. */
static __always_inline void fill_listening_socket(struct tcpaccept_listener *listener, struct sock *sk,
						  struct sock *tcp)
{
	struct socket_ends ends = {};

	read_socket_ends(tcp, &ends, false);
	listener->socket = (u64)sk;
	/* Made for the first socket that binds with SO_REUSEPORT, shared by the others: net/core/sock_reuseport.c. */
	listener->reuseport_group = (u64)FIELD(tcp, sk_reuseport_cb);
	__builtin_memcpy(listener->local_address, ends.local_address, sizeof(listener->local_address));
	listener->local_port = ends.local_port;
	listener->socket_family = ends.family;
	listener->network_namespace = network_namespace_of(&ends, false);
	listener->queue_length = FIELD(tcp, sk_ack_backlog);
	listener->queue_limit = FIELD(tcp, sk_max_ack_backlog);
	if (tcp != sk)
		listener->flags |= TCPACCEPT_LISTENER_MPTCP;
	if (BPF_CORE_READ_BITFIELD_PROBED(tcp, __sk_common.skc_ipv6only))
		listener->flags |= TCPACCEPT_LISTENER_IPV6_ONLY;
}

/* Called for each file of each process, threads that share their files counting once; `task` is NULL at the end. */
static __always_inline int write_if_listening(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct tcpaccept_listener listener = {};
	struct sock *sk, *tcp;

	if (!task || !file)
		return 0;
	sk = socket_of_file(file);
	if (!sk || !is_tcp(sk, false))
		return 0;
	tcp = tcp_socket_of(sk, FIELD(sk, sk_protocol), false);
	if (FIELD(tcp, __sk_common.skc_state) != TCP_LISTEN)
		return 0;
	fill_listening_socket(&listener, sk, tcp);
	fill_owner(&listener, task);
	listener.descriptor = ctx->fd;
	bpf_seq_write(ctx->meta->seq, &listener, sizeof(listener));
	return 0;
}

#endif
