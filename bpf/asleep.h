/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Accepts that were already asleep when tracing began.
 *
 * fexit and kretprobe work on a function's entry, so a thread that was inside inet_csk_accept when they were attached
 * returns unseen. The exits of the system calls see it. They are attached as well until every such thread is out; while
 * both are, each accept is reported by one of them:
 *   - only threads that list_asleep found, once the function hook was attached, are reported at the system call's exit;
 *   - a thread found asleep that had entered after the hook was attached is reported by the hook first, and the exit
 *     knows its socket by then.
 */
#ifndef TCPACCEPT_ASLEEP_H
#define TCPACCEPT_ASLEEP_H

#include "syscall_exit.h"

static __always_inline int note_if_asleep(struct task_struct *task)
{
	u8 present = 1;
	u32 tid;
	struct sock *listener;

	/* Who exits has left the system call that its registers still show. */
	if (!task || task->__state == TASK_RUNNING || (task->flags & (PF_KTHREAD | PF_EXITING)))
		return 0;
	listener = listener_of_syscall(task, descriptors_of(task));
	if (!listener || BPF_CORE_READ(listener, __sk_common.skc_state) != TCP_LISTEN)
		return 0;
	tid = task->pid;
	bpf_map_update_elem(&asleep, &tid, &present, BPF_ANY);
	return 0;
}

/* Called by the function hooks for what they report. */
static __always_inline void note_reported(struct sock *sk)
{
	u32 tid = bpf_get_current_pid_tgid();
	u64 socket = (u64)sk;

	if (settling)
		bpf_map_update_elem(&reported, &tid, &socket, BPF_ANY);
}

/* Whether the calling thread's accept is one the function hook could not see. */
static __always_inline bool was_asleep(struct sock *sk)
{
	u32 tid = bpf_get_current_pid_tgid();
	u64 *socket;

	if (bpf_map_delete_elem(&asleep, &tid))
		return false;
	socket = bpf_map_lookup_elem(&reported, &tid);
	return !socket || *socket != (u64)sk;
}

#endif
