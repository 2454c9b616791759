/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * How long a connection waited in the accept queue.
 *
 * A child socket is cloned from its listener and moved to SYN_RECV in inet_csk_clone_lock (6.1 to 6.18,
 * net/ipv4/inet_connection_sock.c), microseconds before it is put into the accept queue: when the handshake's last ACK
 * arrives or, with Fast Open, when the SYN does. ESTABLISHED comes after the queue, so accept could overtake it.
 *
 * A stamp is in the set that its socket's address leads to, a cache line, so that an accept takes no lock and looks nowhere
 * else. A slot changes hands by an exchange of `socket`; its time is the new owner's to write from then on.
 */
#ifndef TCPACCEPT_QUEUE_STAMP_H
#define TCPACCEPT_QUEUE_STAMP_H

#include "maps.h"

/* A second time finds another slot, or another CPU that was faster at two within a microsecond. */
#define STAMP_ATTEMPTS 2

/* The verifier lets nobody calculate with a pointer, but gives its lower half to who may know it: as this one move. */
static __always_inline u32 lower_half_of(struct sock *sk)
{
	u32 half;

	asm volatile("%0 = %1" : "=w"(half) : "w"((u32)(u64)sk));
	return half;
}

/* Addresses differ least in their lowest bits, their product with an odd number most in its highest. */
static __always_inline struct queue_stamp *stamps_of(struct sock *sk)
{
	u32 set = lower_half_of(sk) * 0x9e3779b9 >> (32 - QUEUE_STAMP_SET_BITS);
	struct queue_stamp_set *found = bpf_map_lookup_elem(&queued_at, &set);

	return found ? found->stamps : NULL;
}

static __always_inline struct queue_stamp *stamp_of(struct sock *sk)
{
	struct queue_stamp *stamps = stamps_of(sk);

	for (int i = 0; stamps && i < QUEUE_STAMPS_OF_A_SET; i++) {
		if (stamps[i].socket == (u64)sk)
			return stamps + i;
	}
	return NULL;
}

/* False when it is another's by now. */
static __always_inline bool hand_over(struct queue_stamp *stamp, u64 from, u64 to)
{
	return __sync_val_compare_and_swap(&stamp->socket, from, to) == from;
}

struct slot {
	struct queue_stamp *stamp;
	u64 owner; /* 0: it is free */
};

/* One that is its own from an earlier life or free, or the oldest. */
static __always_inline struct slot slot_for(struct sock *sk, struct queue_stamp *stamps)
{
	struct slot slot = {.stamp = stamps};
	u64 since_boot_ns = ~0ULL;

	for (int i = 0; i < QUEUE_STAMPS_OF_A_SET; i++) {
		u64 owner = stamps[i].socket;
		u64 its_boot_ns = owner && owner != (u64)sk ? stamps[i].queued_boot_ns : 0;

		if (its_boot_ns < since_boot_ns) {
			slot.stamp = stamps + i;
			slot.owner = owner;
			since_boot_ns = its_boot_ns;
		}
	}
	return slot;
}

static __always_inline void count_unstamped(void)
{
	struct per_cpu_counts *counts = this_cpu_counts();

	if (counts)
		__sync_fetch_and_add(&counts->unstamped, 1);
}

/* What was accepted unrecorded keeps its stamp until it is closed, and needs it no more. */
static __always_inline bool is_waiting(u64 socket)
{
	return !BPF_CORE_READ((struct sock *)socket, sk_socket);
}

/* Counted is a connection that gives its stamp up to this one, and this one where other CPUs were faster at each slot. */
static __always_inline void stamp_queued(struct sock *sk)
{
	struct queue_stamp *stamps = stamps_of(sk);

	for (int i = 0; stamps && i < STAMP_ATTEMPTS; i++) {
		struct slot slot = slot_for(sk, stamps);

		if (!hand_over(slot.stamp, slot.owner, (u64)sk))
			continue;
		slot.stamp->queued_boot_ns = bpf_ktime_get_boot_ns();
		if (slot.owner && slot.owner != (u64)sk && is_waiting(slot.owner))
			count_unstamped();
		return;
	}
	count_unstamped();
}

static __always_inline void forget_queued(struct sock *sk)
{
	struct queue_stamp *stamp = stamp_of(sk);

	if (stamp)
		hand_over(stamp, (u64)sk, 0);
}

static __always_inline bool is_queued(struct sock *sk)
{
	return stamp_of(sk);
}

/* Nanoseconds in the queue; UNKNOWN_U64 when the handshake ended before tracing began. */
static __always_inline u64 take_queue_duration_ns(struct sock *sk, u64 accepted_boot_ns)
{
	struct queue_stamp *stamp = stamp_of(sk);
	u64 queued_boot_ns;

	if (!stamp)
		return TCPACCEPT_UNKNOWN_U64;
	queued_boot_ns = *(volatile u64 *)&stamp->queued_boot_ns;
	if (!hand_over(stamp, (u64)sk, 0))
		return TCPACCEPT_UNKNOWN_U64;
	return accepted_boot_ns > queued_boot_ns ? accepted_boot_ns - queued_boot_ns : 0;
}

#endif
