/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What accept and accept4 returned to the caller. */
#ifndef TCPACCEPT_ACCEPT_EXIT_H
#define TCPACCEPT_ACCEPT_EXIT_H

#include "asleep.h"
#include "syscall_exit.h"

static __always_inline int accept_returned(long descriptor)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fdtable *table = descriptors_of(task);
	struct sock *sk = descriptor < 0 ? NULL : socket_of_descriptor(table, descriptor);

	/* Also a failed call ends a thread's first sleep. */
	if (only_asleep && !was_asleep(sk ? tcp_socket_of(sk, FIELD(sk, sk_protocol), false) : NULL))
		return 0;
	if (descriptor < 0)
		return 0;
	if (!sk)
		return count_unreadable();
	return capture_found(sk, listener_of_syscall(task, table), TCPACCEPT_METHOD_SYSCALL);
}

#endif
