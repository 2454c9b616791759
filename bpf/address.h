/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The two ends of a TCP socket, read once. */
#ifndef TCPACCEPT_ADDRESS_H
#define TCPACCEPT_ADDRESS_H

#include <bpf/bpf_endian.h>

#include "kernel.h"

#include "maps.h"

/* As the socket has them: `family` tells whether 4 or 16 bytes of each address count. Ports in host order. */
struct socket_ends {
	u8 peer_address[16] __attribute__((aligned(8)));
	u8 local_address[16] __attribute__((aligned(8)));
	u64 cookie;
	struct net *network_namespace;
	u16 peer_port;
	u16 local_port;
	u16 family;
	u16 protocol;
};

/* `sk` as a TCP socket, NULL when it is none; TYPED where it is typed or the kernel has casts. */
static __always_inline struct tcp_sock *tcp_sock_of(struct sock *sk, bool typed)
{
	if (!CAN_CAST && typed)
		return (struct tcp_sock *)bpf_skc_to_tcp_sock(sk);
	return TYPED(struct tcp_sock, (struct tcp_sock *)sk);
}

/* `common` is a socket or its first bytes. */
static __always_inline void read_common(const struct sock_common *common, struct socket_ends *ends)
{
	ends->cookie = common->skc_cookie.counter;
	ends->network_namespace = common->skc_net.net;
	ends->peer_port = bpf_ntohs(common->skc_dport);
	ends->family = common->skc_family;
	if (ends->family == AF_INET6) {
		*(struct in6_addr *)ends->peer_address = common->skc_v6_daddr;
		*(struct in6_addr *)ends->local_address = common->skc_v6_rcv_saddr;
	} else {
		*(u32 *)ends->peer_address = common->skc_daddr;
		*(u32 *)ends->local_address = common->skc_rcv_saddr;
	}
}

/* One call of the helper in place of one for each field. A function of its own: the copy and what summarize() needs are too
 * much for one stack. */
static __noinline int read_copied_common(struct sock *sk, struct socket_ends *ends)
{
	u64 copy[SOCK_COMMON_BYTES / sizeof(u64)];

	bpf_probe_read_kernel(copy, sizeof(copy), sk);
	read_common((struct sock_common *)copy, ends);
	return 0;
}

/* False when it is no TCP socket. `sk` is TYPED, `ends` zero; `typed` is FIELD_OF's, here and wherever it is handed on. */
static __always_inline bool read_socket_ends(struct sock *sk, struct socket_ends *ends, bool typed)
{
	/* Which begins with an inet_sock. */
	struct inet_sock *inet = (struct inet_sock *)tcp_sock_of(sk, typed);

	if (typed || CAN_CAST)
		read_common(&sk->__sk_common, ends);
	else
		read_copied_common(sk, ends);
	ends->protocol = FIELD_OF(typed, sk, sk_protocol);
	if ((ends->family != AF_INET && ends->family != AF_INET6) ||
	    (ends->protocol != IPPROTO_TCP && ends->protocol != IPPROTO_MPTCP))
		return false;
	if (inet)
		ends->local_port = bpf_ntohs(FIELD_OF(typed, inet, inet_sport));
	return true;
}

/* Writes an address as 16 bytes, IPv4 in its mapped form, so that both ends of a connection spell it alike. */
static __always_inline void map_address(u8 mapped[16], const u8 address[16], u16 family)
{
	if (family == AF_INET6) {
		__builtin_memcpy(mapped, address, 16);
		return;
	}
	__builtin_memset(mapped, 0, 10);
	mapped[10] = mapped[11] = 0xff;
	__builtin_memcpy(mapped + 12, address, 4);
}

#endif
