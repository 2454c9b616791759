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

static __always_inline struct fdtable *descriptors_of(struct task_struct *task)
{
	return TYPED(struct task_struct, task)->files->fdt;
}

static __always_inline struct sock *socket_of_descriptor(struct fdtable *table, u32 descriptor)
{
	struct hlist_head *slot;
	struct file *file;

	if (descriptor >= table->max_fds)
		return NULL;
	slot = TYPED(struct hlist_head, (struct hlist_head *)(table->fd + descriptor));
	file = (struct file *)FIELD(slot, first);
	return file ? socket_of_file(file) : NULL;
}

/* TYPED, as the one above. The listener of the accept that `task` is in or has just returned from; NULL when it is in no
 * accept. `table` is the task's. */
static __always_inline struct sock *listener_of_syscall(struct task_struct *task, struct fdtable *table)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	int number = SYSCALL_NUMBER(regs);

	if (number != SYS_ACCEPT && number != SYS_ACCEPT4)
		return NULL;
	return socket_of_descriptor(table, (u32)FIRST_SYSCALL_ARGUMENT(regs));
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

/* As capture, of a socket that was found where the call put it: another thread may have put any other file there. A
 * connection has its listener's port unless a proxy's rule or an sk_lookup program sent it there, and is then at least
 * one that was waiting. Only an older connection of the same port cannot be told from the right one. */
static __always_inline int capture_found(struct sock *sk, struct sock *listener, enum tcpaccept_method method)
{
	struct socket_ends ends = {};
	bool is_tcp = read_socket_ends(sk, &ends, false);
	struct listening listening = listening_of(listener, false);

	if (listening.socket &&
	    !(is_tcp && (listening.port == ends.local_port || is_queued(tcp_socket_of(sk, ends.protocol, false)))))
		return count_unreadable();
	return is_tcp ? capture_ends(sk, &ends, &listening, method, false) : 0;
}

#endif
