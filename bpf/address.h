/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The two ends of a TCP socket, read once. */
#ifndef TCPACCEPT_ADDRESS_H
#define TCPACCEPT_ADDRESS_H

#include <bpf/bpf_endian.h>

#include "kernel.h"

#include "maps.h"

/* As the socket has them: `family` tells whether 4 or 16 bytes of each address count. Ports in host order. */
struct socket_ends {
	u8 peer_address[16];
	u8 local_address[16];
	u16 peer_port;
	u16 local_port;
	u16 family;
};

/* `sk` is TYPED. */
static __always_inline void read_socket_ends(struct sock *sk, u16 family, struct socket_ends *ends)
{
	struct inet_sock *inet = TYPED(struct inet_sock, (struct inet_sock *)sk);

	ends->family = family;
	ends->local_port = bpf_ntohs(FIELD(inet, inet_sport));
	ends->peer_port = bpf_ntohs(FIELD(sk, __sk_common.skc_dport));
	if (family == AF_INET6) {
		*(struct in6_addr *)ends->peer_address = FIELD(sk, __sk_common.skc_v6_daddr);
		*(struct in6_addr *)ends->local_address = FIELD(sk, __sk_common.skc_v6_rcv_saddr);
	} else {
		*(u32 *)ends->peer_address = FIELD(sk, __sk_common.skc_daddr);
		*(u32 *)ends->local_address = FIELD(sk, __sk_common.skc_rcv_saddr);
	}
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
