/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* From what a system call returned to the sockets behind it. */
#ifndef TCPACCEPT_SYSCALL_EXIT_H
#define TCPACCEPT_SYSCALL_EXIT_H

#include "capture.h"

static __always_inline struct sock *socket_of_file(struct file *file)
{
	struct file *typed_file = TYPED(struct file, file);
	struct socket *socket = TYPED(struct socket, (struct socket *)FIELD(typed_file, private_data));

	/* A socket knows its file: anything else in private_data does not point back. */
	if (!socket || FIELD(socket, file) != file)
		return NULL;
	return TYPED(struct sock, FIELD(socket, sk));
}

static __always_inline struct sock *socket_of_descriptor(struct task_struct *task, u32 descriptor)
{
	struct fdtable *table = TYPED(struct task_struct, task)->files->fdt;
	struct hlist_head *slot;
	struct file *file;

	if (descriptor >= table->max_fds)
		return NULL;
	slot = TYPED(struct hlist_head, (struct hlist_head *)(table->fd + descriptor));
	file = (struct file *)FIELD(slot, first);
	return file ? socket_of_file(file) : NULL;
}

/* TYPED, as the one above. The listener of the accept that `task` is in or has just returned from; NULL when it is in no accept. */
static __always_inline struct sock *listener_of_syscall(struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	int number = SYSCALL_NUMBER(regs);

	if (number != SYS_ACCEPT && number != SYS_ACCEPT4)
		return NULL;
	return socket_of_descriptor(task, (u32)FIRST_SYSCALL_ARGUMENT(regs));
}

/* Whether `sk` can have come from `listener`: another thread may have put any other file in the descriptor's place. A
 * connection has its listener's port unless a proxy's rule or an sk_lookup program sent it there, and is then at least
 * one that was waiting. Only an older connection of the same port cannot be told from the right one. */
static __always_inline bool may_be_accepted_from(struct sock *sk, struct sock *listener)
{
	struct inet_sock *accepted = TYPED(struct inet_sock, (struct inet_sock *)sk);
	struct inet_sock *listening = TYPED(struct inet_sock, (struct inet_sock *)listener);

	if (!is_tcp(listener, false) || FIELD(listener, __sk_common.skc_state) != TCP_LISTEN)
		return true;
	if (!is_tcp(sk, false))
		return false;
	return FIELD(accepted, inet_sport) == FIELD(listening, inet_sport) ||
	       is_queued(tcp_socket_of(sk, FIELD(sk, sk_protocol), false));
}

/* The descriptor is valid but its socket cannot be reached: another thread closed it or put another file there. */
static __always_inline int count_unreadable(void)
{
	struct per_cpu_counts *counts = this_cpu_counts();

	if (counts) {
		count(counts, TCPACCEPT_SEEN);
		count(counts, TCPACCEPT_UNREADABLE);
	}
	return 0;
}

#endif
