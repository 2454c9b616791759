/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What the list of listeners gives user space: one record for each descriptor that a process has of a listening socket.
 *
 * As event.h: src/kernel/listener-layout.ts describes the same bytes, and a test compares the two.
 */
#ifndef TCPACCEPT_LISTENER_H
#define TCPACCEPT_LISTENER_H

#include "event.h"

enum tcpaccept_listener_flag {
	TCPACCEPT_LISTENER_MPTCP = 1,
	TCPACCEPT_LISTENER_IPV6_ONLY = 2,
};

/* Every field is in host byte order, the address excepted. */
struct tcpaccept_listener {
	u64 socket;			 /* the same for all descriptors of one socket; means nothing else */
	u64 reuseport_group;		 /* the same for all sockets of one SO_REUSEPORT group; 0 in none */
	u64 cgroup_id;			 /* cgroup v2 id of the process */
	u64 process_start_boot_ns;	 /* like the next ones of these names as of struct tcpaccept_event */
	u8 local_address[16];		 /* network order; an IPv4 address takes the first 4 bytes */
	char comm[TCPACCEPT_COMM_BYTES]; /* of the process's main thread */
	char executable_name[TCPACCEPT_EXECUTABLE_BYTES];
	u32 pid;	   /* tgid, in the initial pid namespace */
	u32 namespace_pid; /* tgid as the process itself sees it */
	u32 user_id;	   /* effective */
	u32 real_user_id;
	u32 exec_count;
	u32 network_namespace; /* inode number, of the socket */
	u32 queue_length;
	u32 queue_limit;
	u32 descriptor;
	u16 local_port;
	u8 socket_family; /* AF_INET or AF_INET6 */
	u8 flags;	  /* enum tcpaccept_listener_flag */
};

#ifdef __cplusplus
static_assert(sizeof(struct tcpaccept_listener) == 136, "src/kernel/listener-layout.ts says 136 bytes");
#else
_Static_assert(sizeof(struct tcpaccept_listener) == 136, "src/kernel/listener-layout.ts says 136 bytes");
#endif

#endif
