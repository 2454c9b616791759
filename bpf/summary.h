/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Exact counts in place of records: how many accepts, when, and how long they were queued, by listener, process and client.
 *
 * Nothing is lost or doubled while user space reads, since it never reads what a program may still add to:
 *   1. A program marks its CPU (`summarizing`), then reads whose turn it is, adds to that set, and takes the mark back.
 *      Mark and turn are ordered by full barriers on both sides, which is what atomics that return a value are.
 *   2. User space gives the turn to the other set, which is empty, and then waits until it has seen each CPU without a
 *      mark once. Whoever marks later than that sees the new turn; whoever marked earlier is done.
 *   3. Only then it reads and empties the old set, and only when that is empty it gives the turn back.
 * Where the sets outlive their reader (pins) it empties the old one only after all of it was told of, and notes that
 * before: until then the set stays as it is, and whoever reads it again finds the same rows in the same order.
 */
#ifndef TCPACCEPT_SUMMARY_H
#define TCPACCEPT_SUMMARY_H

#include "address.h"
#include "filter.h"
#include "process_id.h"
#include "program_identity.h"
#include "queue_stamp.h"

/* How often a CPU tries to be the one that sets a time. Whoever was faster this many times had a later one, or earlier. */
#define TIME_ATTEMPTS 16

static __always_inline bool must_summarize(void)
{
	return summaries == SUMMARIZE_ALL || (summaries == SUMMARIZE_OVERLOAD && overloaded);
}

static __always_inline void raise_to(u64 *at, u64 value)
{
	u64 found = *(volatile u64 *)at, was;

	for (int i = 0; i < TIME_ATTEMPTS && found < value; i++, found = was) {
		was = __sync_val_compare_and_swap(at, found, value);
		if (was == found)
			break;
	}
}

static __always_inline void add_to(struct tcpaccept_summary_counts *counts, u64 accepted_boot_ns, u64 queue_duration_ns)
{
	__sync_fetch_and_add(&counts->accepts, 1);
	raise_to(&counts->first_boot_ns_flipped, ~accepted_boot_ns);
	raise_to(&counts->last_boot_ns, accepted_boot_ns);
	if (queue_duration_ns == TCPACCEPT_UNKNOWN_U64)
		return;
	__sync_fetch_and_add(&counts->queue_known, 1);
	__sync_fetch_and_add(&counts->queue_duration_sum_ns, queue_duration_ns);
	raise_to(&counts->queue_duration_max_ns, queue_duration_ns);
}

/* The counts of a key, made if need be; NULL where there is no room. Another CPU may make them first: no matter. */
static __always_inline struct tcpaccept_summary_counts *counts_of(void *map, const struct tcpaccept_summary_key *key)
{
	struct tcpaccept_summary_counts none = {};
	struct tcpaccept_summary_counts *counts = bpf_map_lookup_elem(map, key);

	if (counts)
		return counts;
	bpf_map_update_elem(map, key, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(map, key);
}

/* Both branches name their map: the verifier follows a map, not a choice of one. */
#define COUNTS_OF(name, turn, key) ((turn) ? counts_of(&name##_1, key) : counts_of(&name##_0, key))

/* The client's address becomes its network: /24, or /64 of IPv6. */
static __always_inline void keep_prefix(struct tcpaccept_summary_key *key)
{
	const u32 *words = (const u32 *)key->peer_address;

	if (words[0] == 0 && words[1] == 0 && words[2] == bpf_htonl(0xffff))
		key->peer_address[15] = 0;
	else
		__builtin_memset(key->peer_address + 8, 0, 8);
}

static __always_inline void keep_listener(struct tcpaccept_summary_key *key)
{
	key->cgroup_id = 0;
	__builtin_memset(key->peer_address, 0, sizeof(key->peer_address));
	__builtin_memset(key->comm, 0, sizeof(key->comm));
	__builtin_memset(key->executable_name, 0, sizeof(key->executable_name));
	key->process_start_boot_ns = 0;
	key->pid = key->namespace_pid = key->user_id = key->real_user_id = key->exec_count = key->mount_namespace = 0;
}

/* In the finest of the turn's maps that has room. `key` is spent. */
static __always_inline struct tcpaccept_summary_counts *find_counts(u32 turn, struct tcpaccept_summary_key *key)
{
	struct tcpaccept_summary_counts *counts = COUNTS_OF(by_peer, turn, key);

	if (counts)
		return counts;
	keep_prefix(key);
	counts = COUNTS_OF(by_prefix, turn, key);
	if (counts)
		return counts;
	keep_listener(key);
	counts = COUNTS_OF(by_listener, turn, key);
	return counts ?: bpf_map_lookup_elem(&by_nothing, &turn);
}

static __always_inline void fill_key(struct tcpaccept_summary_key *key, const struct socket_ends *ends, bool typed)
{
	struct task_struct *task = TYPED(struct task_struct, bpf_get_current_task_btf());

	map_address(key->peer_address, ends->peer_address, ends->family);
	map_address(key->local_address, ends->local_address, ends->family);
	key->local_port = ends->local_port;
	key->network_namespace = network_namespace_of(ends, typed);
	key->pid = task->tgid;
	key->namespace_pid = namespace_pid_of(task);
	key->user_id = user_id_of(task);
	key->real_user_id = real_user_id_of(task);
	key->process_start_boot_ns = process_start_boot_ns_of(task);
	key->exec_count = exec_count_of(task);
	key->cgroup_id = cgroup_id_of(task);
	key->mount_namespace = mount_namespace_of(task);
	read_comm(key->comm, task);
	read_executable_name(key->executable_name, task);
}

/* An atomic that returns nothing orders nothing on arm64: the result must look used. */
static __always_inline void move_mark(struct per_cpu_counts *cpu, u64 by)
{
	u64 before = __sync_fetch_and_add(&cpu->summarizing, by);

	asm volatile("" ::"r"(before) : "memory");
}

/* Counts the accept: once, whatever is full. A function of its own, since it is called from several places. `tcp` is
 * TYPED. */
static __noinline int summarize(struct sock *tcp, const struct socket_ends *ends, bool typed)
{
	struct per_cpu_counts *cpu = this_cpu_counts();
	struct tcpaccept_summary_counts *counts;
	struct tcpaccept_summary_key key = {};
	u64 now_boot_ns = bpf_ktime_get_boot_ns();
	u64 queue_duration_ns = take_queue_duration_ns(tcp, now_boot_ns);

	if (!cpu)
		return 0;
	fill_key(&key, ends, typed);
	move_mark(cpu, 1);
	counts = find_counts(summary_turn & 1, &key);
	if (counts) {
		add_to(counts, now_boot_ns, queue_duration_ns);
		count(cpu, TCPACCEPT_AGGREGATED);
	} else {
		count(cpu, TCPACCEPT_RING_FULL);
	}
	move_mark(cpu, -1);
	return 0;
}

#endif
