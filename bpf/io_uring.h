/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* io_uring's accepts where inet_csk_accept cannot be hooked: seen when their request completes. */
#ifndef TCPACCEPT_IO_URING_H
#define TCPACCEPT_IO_URING_H

#include "syscall_exit.h"

#define IORING_OP_ACCEPT 13

/* A multishot accept's completions have no request, only the ring and what the submitter calls it: so each accept is
 * remembered from its submission to its own completion. Entries of rings that died are the oldest, and go. */
static __always_inline int io_uring_accept_submitted(struct io_kiocb *request)
{
	struct ring_request key = {};
	u64 address = (u64)request;

	if (BPF_CORE_READ(request, opcode) != IORING_OP_ACCEPT)
		return 0;
	key.ring = (u64)BPF_CORE_READ(request, ctx);
	key.user_data = BPF_CORE_READ(request, cqe.user_data);
	bpf_map_update_elem(&ring_accepts, &key, &address, BPF_ANY);
	return 0;
}

/* The accept that a completion without a request belongs to. */
static __always_inline struct io_kiocb *multishot_accept(void *ring, u64 user_data)
{
	struct ring_request key = {.ring = (u64)ring, .user_data = user_data};
	u64 *address = bpf_map_lookup_elem(&ring_accepts, &key);

	return address ? (struct io_kiocb *)*address : NULL;
}

static __always_inline void forget_accept(void *ring, u64 user_data)
{
	struct ring_request key = {.ring = (u64)ring, .user_data = user_data};

	bpf_map_delete_elem(&ring_accepts, &key);
}

/* Runs as the submitter or a worker thread of its process, whose file table `result` is a descriptor of. A cancelled
 * request completes from a kernel worker with a negative result. */
static __always_inline int io_uring_accept_completed(void *ring, struct io_kiocb *completed, u64 user_data, int result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct io_kiocb *request = completed ?: multishot_accept(ring, user_data);
	struct sock *sk, *listener;

	if (!request || BPF_CORE_READ(request, opcode) != IORING_OP_ACCEPT)
		return 0;
	if (completed)
		forget_accept(ring, user_data);
	if (result < 0)
		return 0;
	/* A direct descriptor is a slot of the ring, not of the process. */
	if (BPF_CORE_READ((struct io_accept *)request, file_slot))
		return count_unreadable();
	sk = socket_of_descriptor(descriptors_of(task), result);
	listener = socket_of_file(BPF_CORE_READ(request, file));
	if (!sk)
		return count_unreadable();
	return capture_found(sk, listener, TCPACCEPT_METHOD_IO_URING);
}

#endif
