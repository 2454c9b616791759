/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* inet_csk_accept, where every TCP accept ends, and who called it. */
#ifndef TCPACCEPT_ACCEPT_METHOD_H
#define TCPACCEPT_ACCEPT_METHOD_H

#include "asleep.h"
#include "capture.h"
#include "syscall_exit.h"

static __always_inline bool is_in_accept_call(struct task_struct *task)
{
	int number = SYSCALL_NUMBER((struct pt_regs *)bpf_task_pt_regs(task));

	if (IN_32_BIT_CALL(task))
		return number == SYS_ACCEPT_32_BIT || number == SYS_ACCEPT4_32_BIT;
	return number == SYS_ACCEPT || number == SYS_ACCEPT4;
}

/* A kernel thread's accept is its own. A ring's requests are completed by workers, and by the task that made them on its
 * way out of whatever system call it is in. `in_kernel` is the caller's own word, where the hook can see it. */
static __always_inline enum tcpaccept_method method_of(struct task_struct *task, bool in_kernel)
{
	unsigned int flags = task->flags;

	if (flags & PF_IO_WORKER)
		return TCPACCEPT_METHOD_IO_URING;
	if (in_kernel || (flags & PF_KTHREAD))
		return TCPACCEPT_METHOD_KERNEL;
	return is_in_accept_call(task) ? TCPACCEPT_METHOD_SYSCALL : TCPACCEPT_METHOD_IO_URING;
}

/* The context's words must be loaded from constant offsets, and clang would merge two loads that differ in it only. */
#define CONTEXT_WORD(ctx, offset)                                                                                      \
	({                                                                                                             \
		u64 word;                                                                                              \
		asm volatile("%0 = *(u64 *)(%1 + " #offset ")" : "=r"(word) : "r"(ctx));                               \
		word;                                                                                                  \
	})

/* fexit gives the arguments, then the result: (sk, arg, result) or (sk, flags, err, kern, result). */
static __always_inline int inet_csk_accept_returned(u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sock *listener = (struct sock *)CONTEXT_WORD(ctx, 0);
	struct sock *sk;
	bool in_kernel;

	if (bpf_core_type_exists(struct proto_accept_arg)) {
		in_kernel = ((struct proto_accept_arg *)CONTEXT_WORD(ctx, 8))->kern;
		sk = (struct sock *)CONTEXT_WORD(ctx, 16);
	} else {
		in_kernel = CONTEXT_WORD(ctx, 24);
		sk = (struct sock *)CONTEXT_WORD(ctx, 32);
	}
	if (!sk)
		return 0;
	note_reported(sk);
	return capture(sk, listener, method_of(task, in_kernel), true);
}

/* A return probe sees only the result: the listener is found through the system call's descriptor. */
static __always_inline int inet_csk_accept_probed(struct pt_regs *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sock *sk = (struct sock *)RETURN_VALUE(ctx);

	if (!sk)
		return 0;
	note_reported(sk);
	return capture(TYPED(struct sock, sk), listener_of_syscall(task, descriptors_of(task)), method_of(task, false),
		       false);
}

#endif
