/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What crosses from the kernel to user space: the record of one accept and the names of the counters.
 *
 * Included by the BPF programs and by native/. src/kernel/record-layout.ts describes the same bytes for
 * JavaScript, and test/kernel/record-layout.test.ts compares the two.
 */
#ifndef TCPACCEPT_EVENT_H
#define TCPACCEPT_EVENT_H

#ifndef __bpf__
#include <stdint.h>
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
#endif

#define TCPACCEPT_COMM_BYTES 16
/* NUL included: a longer name is cut, and user space knows it by its length. */
#define TCPACCEPT_EXECUTABLE_BYTES 32

/* Most cgroup directories a filter has: each costs a call for every accept, and all are tried in a bounded loop. */
#define TCPACCEPT_DIRECTORIES 16

/* Numbers that user space keeps beside the counters: src/kernel/reader-notes.ts says what they are. */
#define TCPACCEPT_NOTES 16

/* A fact the kernel could not tell. Zero is a value for every field that uses these. */
#define TCPACCEPT_UNKNOWN_U64 0xffffffffffffffffULL
#define TCPACCEPT_UNKNOWN_U32 0xffffffffU

enum tcpaccept_method {
	TCPACCEPT_METHOD_SYSCALL = 0,
	TCPACCEPT_METHOD_IO_URING = 1,
	TCPACCEPT_METHOD_KERNEL = 2,
};

enum tcpaccept_flag {
	TCPACCEPT_FLAG_MPTCP = 1,
};

/* One accepted connection. Every field is in host byte order, addresses excepted. */
struct tcpaccept_event {
	u64 accepted_boot_ns;  /* CLOCK_BOOTTIME when accept returned */
	u64 sequence;	       /* of this CPU, taken before ring space is: a gap is a loss, or counted in a summary */
	u64 queue_duration_ns; /* ESTABLISHED to accepted; UNKNOWN_U64 when the handshake was not seen */
	u64 cgroup_id;	       /* cgroup v2 id of the accepting task */
	u64 socket_cookie;     /* the accepted socket's; 0 when the kernel gave it none */
	u64 process_start_boot_ns; /* CLOCK_BOOTTIME when the process was made: with its pid, which process it is */
	u8 peer_address[16];	   /* network order; an IPv4 address takes the first 4 bytes */
	u8 local_address[16];	   /* as peer_address */
	char comm[TCPACCEPT_COMM_BYTES];
	char executable_name[TCPACCEPT_EXECUTABLE_BYTES]; /* base name of the file it runs; empty without one */
	u32 pid;					  /* tgid, in the initial pid namespace */
	u32 tid;					  /* in the initial pid namespace */
	u32 namespace_pid;				  /* tgid as the process itself sees it */
	u32 user_id;					  /* effective */
	u32 real_user_id;
	u32 exec_count;	       /* of the process: which program it is, counted by the kernel from its parent's on */
	u32 network_namespace; /* inode number, of the socket */
	u32 mount_namespace;   /* inode number, of the task */
	u32 queue_length;      /* of the listener, after this connection left it; UNKNOWN_U32 */
	u32 queue_limit;       /* of the listener; UNKNOWN_U32 with queue_length */
	u32 rtt_us;	       /* smoothed; UNKNOWN_U32 before the first sample */
	u16 cpu;
	u16 peer_port;
	u16 local_port;
	u8 socket_family; /* AF_INET or AF_INET6, of the socket: mapped addresses are not folded here */
	u8 method;	  /* enum tcpaccept_method */
	u8 flags;	  /* enum tcpaccept_flag */
	u8 padding[3];
};

#ifdef __cplusplus
static_assert(sizeof(struct tcpaccept_event) == 184, "src/kernel/record-layout.ts says 184 bytes");
#else
_Static_assert(sizeof(struct tcpaccept_event) == 184, "src/kernel/record-layout.ts says 184 bytes");
#endif

/* What the accepts of a summary have in common; the levels after the first are for when there is no room for more. */
enum tcpaccept_summary_level {
	TCPACCEPT_SUMMARY_PEER,	    /* listener, process and client address */
	TCPACCEPT_SUMMARY_PREFIX,   /* listener, process and the client's /24 or, of IPv6, /64 */
	TCPACCEPT_SUMMARY_LISTENER, /* network namespace, local address and port */
	TCPACCEPT_SUMMARY_NOTHING,
};

/* What is not in common is zero. Addresses are 16 bytes, IPv4 in its mapped form. */
struct tcpaccept_summary_key {
	u64 cgroup_id;
	u64 process_start_boot_ns;
	u8 peer_address[16];
	u8 local_address[16];
	char comm[TCPACCEPT_COMM_BYTES];
	char executable_name[TCPACCEPT_EXECUTABLE_BYTES];
	u32 pid;
	u32 namespace_pid;
	u32 user_id;
	u32 real_user_id;
	u32 exec_count;
	u32 network_namespace;
	u32 mount_namespace;
	u16 local_port;
	u8 padding[2];
};

struct tcpaccept_summary_counts {
	u64 accepts;
	u64 first_boot_ns_flipped; /* all bits: the largest is the first, and zero is none yet */
	u64 last_boot_ns;
	u64 queue_known; /* accepts whose time in the accept queue is known: the next two are of those */
	u64 queue_duration_sum_ns;
	u64 queue_duration_max_ns;
};

/* One row of the kernel's maps as user space reads it. */
struct tcpaccept_summary {
	struct tcpaccept_summary_key key;
	struct tcpaccept_summary_counts counts;
	u8 level; /* enum tcpaccept_summary_level */
	u8 padding[7];
};

#ifdef __cplusplus
static_assert(sizeof(struct tcpaccept_summary) == 184, "src/kernel/summary-layout.ts says 184 bytes");
#else
_Static_assert(sizeof(struct tcpaccept_summary) == 184, "src/kernel/summary-layout.ts says 184 bytes");
#endif

/* Counters, one u64 a CPU each. The identity: seen = filtered + self + aggregated + ring_full + unreadable + submitted. */
enum tcpaccept_counter {
	TCPACCEPT_SEEN,
	TCPACCEPT_FILTERED,
	TCPACCEPT_SELF,
	TCPACCEPT_AGGREGATED,
	TCPACCEPT_RING_FULL,
	TCPACCEPT_UNREADABLE,
	TCPACCEPT_SUBMITTED,
	TCPACCEPT_COUNTERS,
};

#endif
