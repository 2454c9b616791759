/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The hooks: every way a TCP connection is accepted, one line each. What they do is in capture.h.
 *
 * The loader attaches one strategy (fexit, kretprobe or syscall) and always socket_state_changed; connection_ended only
 * where connections are followed to their end.
 */
#include "kernel.h"

#include "accept_exit.h"
#include "accept_method.h"
#include "capture.h"
#include "connection.h"
#include "io_uring.h"
#include "list_listeners.h"
#include "process_id.h"
#include "socket_state.h"
#include "syscall_exit.h"

/* GPL-2.0-only OR Apache-2.0; the kernel knows no name for that pair and wants one it knows to be GPL-compatible. */
char LICENSE[] SEC("license") = "GPL";

/* Strategy fexit: sees every accept, also in-kernel ones, and the listener. */
SEC("fexit/inet_csk_accept")
int accept_fexit(u64 *ctx)
{
	return inet_csk_accept_returned(ctx);
}

/* Strategy kretprobe: the same function through a return probe that user space makes in tracefs. */
SEC("kprobe")
int accept_kretprobe(struct pt_regs *ctx)
{
	return inet_csk_accept_probed(ctx);
}

/* Strategy syscall: where neither is allowed. Beside the others, for accepts that were asleep at the start (asleep.h). */
SEC("tracepoint/syscalls/sys_exit_accept")
int accept_syscall(struct syscall_exit *ctx)
{
	return accept_returned(ctx->result);
}

SEC("tracepoint/syscalls/sys_exit_accept4")
int accept4_syscall(struct syscall_exit *ctx)
{
	return accept_returned(ctx->result);
}

/* Strategy syscall, io_uring: the tracepoint's arguments changed in 6.16 or before; the loader picks by BTF. */
SEC("tp_btf/io_uring_complete")
int io_uring_completed(u64 *ctx)
{
	struct io_uring_cqe *completion = (struct io_uring_cqe *)ctx[2];

	return io_uring_accept_completed((void *)ctx[0], (struct io_kiocb *)ctx[1],
					 BPF_CORE_READ(completion, user_data), BPF_CORE_READ(completion, res));
}

SEC("tp_btf/io_uring_complete")
int io_uring_completed_before_cqe(u64 *ctx)
{
	return io_uring_accept_completed((void *)ctx[0], (struct io_kiocb *)ctx[1], ctx[2], (int)ctx[3]);
}

/* The same, for multishot accepts: the tracepoint has had this name since 6.3 or so, and the other one before. */
SEC("tp_btf/io_uring_submit_req")
int io_uring_submitted(u64 *ctx)
{
	return io_uring_accept_submitted((struct io_kiocb *)ctx[0]);
}

SEC("tp_btf/io_uring_submit_sqe")
int io_uring_submitted_before_req(u64 *ctx)
{
	return io_uring_accept_submitted((struct io_kiocb *)ctx[0]);
}

/* Every strategy: queue stamps, and which connections are our own. */
SEC("tp_btf/inet_sock_set_state")
int socket_state_changed(u64 *ctx)
{
	return socket_state((struct sock *)ctx[0], (int)ctx[1], (int)ctx[2]);
}

/* Every strategy, where connections are followed to their end. */
SEC("tp_btf/inet_sock_set_state")
int connection_ended(u64 *ctx)
{
	return end_connection((struct sock *)ctx[0], (int)ctx[1], (int)ctx[2]);
}

/* Read once by the loader after a function hook was attached: lists every thread of the host. */
SEC("iter/task")
int list_asleep(struct bpf_iter__task *ctx)
{
	return note_if_asleep(ctx->task);
}

/* Run once by the loader through BPF_PROG_TEST_RUN: only the kernel knows our id outside our own pid namespace. */
SEC("raw_tp")
int remember_own_pid(void *ctx)
{
	(void)ctx;
	remember_own_process(bpf_get_current_task_btf());
	return 0;
}

/* Read by the loader to learn what the process that filter_pid names is called outside our own pid namespace. */
SEC("iter/task")
int locate_process(struct bpf_iter__task *ctx)
{
	return note_if_filtered_for(ctx->task);
}

/* Read by whoever asks who listens; nothing else of this file is loaded then. */
SEC("iter/task_file")
int list_listeners(struct bpf_iter__task_file *ctx)
{
	return write_if_listening(ctx);
}
