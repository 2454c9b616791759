/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The kernel types the programs read, with the fields used and no others: CO-RE finds the real offsets.
 *
 * Every fact here that differs between kernels says which and since when; no other file tests for versions.
 */
#ifndef TCPACCEPT_KERNEL_H
#define TCPACCEPT_KERNEL_H

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;

/* Linux ABI numbers: include/linux/socket.h, include/uapi/linux/in.h, include/net/tcp_states.h, include/linux/sched.h. */
#define AF_INET		2
#define AF_INET6	10
#define IPPROTO_TCP	6
#define IPPROTO_MPTCP	262
#define TCP_ESTABLISHED 1
#define TCP_SYN_SENT	2
#define TCP_SYN_RECV	3
#define TCP_FIN_WAIT1	4
#define TCP_FIN_WAIT2	5
#define TCP_CLOSE	7
#define TCP_CLOSE_WAIT	8
#define TCP_LAST_ACK	9
#define TCP_LISTEN	10
#define TCP_CLOSING	11
#define TASK_RUNNING	0
#define PF_EXITING	0x00000004
#define PF_IO_WORKER	0x00000010
#define PF_KTHREAD	0x00200000

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	u32 inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

/* Copied as a whole, in two loads. */
struct in6_addr {
	u64 words[2];
};

struct sock_common {
	u32 skc_daddr;
	u32 skc_rcv_saddr;
	u16 skc_dport; /* network order */
	u16 skc_num;   /* host order */
	u16 skc_family;
	volatile u8 skc_state;
	u8 skc_ipv6only : 1;
	unsigned long skc_flags; /* bits numbered by enum sock_flags */
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	struct {
		long long counter;
	} skc_cookie;
};

/* All of struct sock_common that is read is within these: 136 bytes in 6.1 to 6.18. A struct sock is larger. */
#define SOCK_COMMON_BYTES 144

struct socket;

/* sk_protocol is a plain field since 5.6 (net/sock.h); a bitfield before. */
struct sock {
	struct sock_common __sk_common;
	u16 sk_protocol;
	u32 sk_ack_backlog;
	u32 sk_max_ack_backlog;
	void *sk_reuseport_cb;
	struct socket *sk_socket; /* NULL until it is accepted, and when it is closed: sock_graft, sock_orphan */
	int sk_err;
};

/* Where it has which number is the kernel's own to say. */
enum sock_flags {
	SOCK_DONE = 1,
};

/* A reset clears skc_num (inet_put_port) while the connection may still be in the accept queue; this stays. */
struct inet_sock {
	u16 inet_sport; /* network order */
};

struct tcp_sock {
	u32 srtt_us; /* microseconds, shifted left by 3 */
	bool is_mptcp;
	u64 bytes_received;
	u64 bytes_acked;
	u32 segs_in;
	u32 segs_out;
	u32 total_retrans;
	u32 snd_una;
	u32 snd_nxt;
	u32 write_seq;
};

/* The socket of an MPTCP connection; its first subflow is the TCP socket that went through the accept queue. */
struct mptcp_sock {
	struct sock *first;
};

struct qstr {
	u32 len;
	const unsigned char *name;
};

/* A name that fits is inside, in d_shortname since 6.15 and in d_iname before, and outside otherwise (fs/dcache.c,
 * __d_alloc, swap_names and copy_name, 6.1 to 6.18). */
union shortname_store {
	u64 words[4];
};

struct dentry {
	struct qstr d_name;
	union shortname_store d_shortname;
};

struct dentry___before_6_15 {
	unsigned char d_iname[1];
};

struct path {
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	void *private_data;
};

struct mm_struct {
	struct file *exe_file; /* NULL while it is replaced */
};

struct socket {
	struct file *file;
	struct sock *sk;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

/* Has a pointer and nothing else: what an array of pointers is cast to, element by element. */
struct hlist_head {
	struct hlist_node *first;
};

struct files_struct {
	struct fdtable *fdt;
};

struct kernfs_node {
	u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp; /* of version 2 */
};

typedef struct {
	u32 val;
} kuid_t;

struct cred {
	kuid_t uid;
	kuid_t euid;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
};

struct pid_namespace;

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct thread_info {
	unsigned long flags;
	u32 status; /* x86 only */
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int __state; /* called state before 5.14 */
	unsigned int flags;
	int pid;
	int tgid;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	const struct cred *cred;
	struct nsproxy *nsproxy;
	struct files_struct *files;
	struct css_set *cgroups;
	struct mm_struct *mm; /* NULL of a kernel thread */
	u64 start_boottime;   /* called real_start_time before 5.5 */
	u32 self_exec_id;     /* execs since init, its parents' included: fs/exec.c */
	char comm[16];
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task; /* NULL at the end */
	u32 fd;
	struct file *file;
};

struct bpf_iter__task {
	struct task_struct *task; /* NULL at the end */
};

/* Since 6.10 inet_csk_accept takes (sk, arg); before, (sk, flags, err, kern). Upstream commit 92ef0fd55ac8. */
struct proto_accept_arg {
	bool kern;
};

struct io_uring_cqe {
	u64 user_data;
	int res;
};

struct io_ring_ctx;

/* Since 5.19; before, no accept was multishot. */
struct io_cqe {
	u64 user_data;
};

struct io_kiocb {
	struct file *file;
	u8 opcode;
	struct io_cqe cqe;
	struct io_ring_ctx *ctx;
};

/* Private to io_uring/net.c; lies over the start of struct io_kiocb. */
struct io_accept {
	u32 file_slot; /* 0: an ordinary descriptor */
};

/* Registers as the syscall left them: the kernel's own names, which <asm/ptrace.h> gives user space otherwise. */
#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long ax;
	unsigned long di;
	unsigned long orig_ax;
};
#define RETURN_VALUE(regs)	     BPF_CORE_READ(regs, ax)
#define FIRST_SYSCALL_ARGUMENT(regs) ((regs)->di)
#define SYSCALL_NUMBER(regs)	     ((int)(regs)->orig_ax)
#define SYS_ACCEPT		     43
#define SYS_ACCEPT4		     288
/* arch/x86/include/asm/thread_info.h; i386 programs call socketcall or, since 4.3, accept4. */
#define TS_COMPAT	     0x0002
#define IN_32_BIT_CALL(task) ((task)->thread_info.status & TS_COMPAT)
#define SYS_ACCEPT_32_BIT    102
#define SYS_ACCEPT4_32_BIT   364
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	u64 regs[31];
	u64 orig_x0; /* the first argument: regs[0] holds the result by the time a call returns */
	int syscallno;
};
#define RETURN_VALUE(registers)		  BPF_CORE_READ(registers, regs[0])
#define FIRST_SYSCALL_ARGUMENT(registers) ((registers)->orig_x0)
#define SYSCALL_NUMBER(registers)	  ((registers)->syscallno)
#define SYS_ACCEPT			  202
#define SYS_ACCEPT4			  242
/* arch/arm64/include/asm/thread_info.h, arch/arm/tools/syscall.tbl */
#define TIF_32BIT			  22
#define IN_32_BIT_CALL(task)		  ((task)->thread_info.flags >> TIF_32BIT & 1)
#define SYS_ACCEPT_32_BIT		  285
#define SYS_ACCEPT4_32_BIT		  366
#else
#error "no register names for this architecture yet"
#endif

#pragma clang attribute pop

/*
 * Gives a kernel pointer the type the verifier then lets one load through, as fast as the kernel itself: since 6.2, in
 * tracepoint programs seen on 6.12 and 6.18. Where it is missing every field is one call of a helper.
 */
extern void *bpf_rdonly_cast(const void *pointer, u32 type_id) __ksym __weak;
#define CAN_CAST (&bpf_rdonly_cast != NULL)

#define TYPED(type, pointer) (CAN_CAST ? (type *)bpf_rdonly_cast(pointer, bpf_core_type_id_kernel(type)) : (pointer))
/*
 * `pointer` is what TYPED gave. `typed`, a constant, says that the verifier knows its type in any case: as an argument of
 * the function or tracepoint that the program is attached to, or read through one.
 */
#define FIELD(pointer, field) FIELD_OF(false, pointer, field)
#define FIELD_OF(typed, pointer, field)                                                                                \
	({                                                                                                             \
		typeof((pointer)->field) value_;                                                                       \
		if ((typed) || CAN_CAST)                                                                               \
			value_ = (pointer)->field;                                                                     \
		else                                                                                                   \
			BPF_CORE_READ_INTO(&value_, pointer, field);                                                   \
		value_;                                                                                                \
	})

/* The part of a syscalls:sys_exit_* tracepoint's record that the format file fixes. */
struct syscall_exit {
	u64 common;
	int syscall_number;
	int padding;
	long result;
};

#endif
