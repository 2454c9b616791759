/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* io_uring's accepts where inet_csk_accept cannot be hooked: seen when their request completes. */
#ifndef TCPACCEPT_IO_URING_H
#define TCPACCEPT_IO_URING_H

#include "syscall_exit.h"

#define IORING_OP_ACCEPT 13

/* Runs as the submitter or a worker thread of its process, whose file table `result` is a descriptor of. A cancelled
 * request completes from a kernel worker with a negative result. A multishot accept's completions have no request. */
static __always_inline int io_uring_accept_completed(struct io_kiocb *request, int result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sock *sk;

	if (result < 0 || !request || BPF_CORE_READ(request, opcode) != IORING_OP_ACCEPT)
		return 0;
	/* A direct descriptor is a slot of the ring, not of the process. */
	if (BPF_CORE_READ((struct io_accept *)request, file_slot))
		return count_unreadable();
	sk = socket_of_descriptor(task, result);
	if (!sk)
		return count_unreadable();
	return capture(sk, socket_of_file(BPF_CORE_READ(request, file)), TCPACCEPT_METHOD_IO_URING);
}

#endif
