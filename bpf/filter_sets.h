/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Our own filters, each a set of members kept and members left out. An IPv4-mapped address is an IPv4 one. */
#ifndef TCPACCEPT_FILTER_SETS_H
#define TCPACCEPT_FILTER_SETS_H

#include "address.h"
#include "maps.h"

static __always_inline u32 user_id_of(struct task_struct *task)
{
	return task->cred->euid.val;
}

static __always_inline u32 network_namespace_of(const struct socket_ends *ends, bool typed)
{
	struct net *network_namespace = TYPED(struct net, ends->network_namespace);

	return FIELD_OF(typed, network_namespace, ns.inum);
}

/* `verdict` is what the set holds for a member, NULL where it does not name it. */
static __always_inline bool is_kept(u8 set, const u8 *verdict)
{
	return verdict ? *verdict : set == SET_KEEPS_OTHERS;
}

static __always_inline bool is_address_kept(u8 set, void *ranges, const u8 address[16], u16 family)
{
	struct address_range range = {.prefix_bits = 128};

	map_address(range.address, address, family);
	return is_kept(set, bpf_map_lookup_elem(ranges, &range));
}

static __always_inline bool is_below_any(void *directories, u32 first, u32 end)
{
	for (u32 i = first; i < end; i++) {
		if (bpf_current_task_under_cgroup(directories, i) == 1)
			return true;
	}
	return false;
}

static __always_inline bool is_cgroup_kept(u32 included, u32 excluded, void *directories)
{
	if (included && !is_below_any(directories, 0, included))
		return false;
	return !is_below_any(directories, included, included + excluded);
}

/* The cheapest first. */
static __always_inline bool is_in_filter_sets(struct task_struct *task, const struct socket_ends *ends, bool typed)
{
	if (filter_users) {
		u32 user_id = user_id_of(task);

		if (!is_kept(filter_users, bpf_map_lookup_elem(&users, &user_id)))
			return false;
	}
	if (filter_network_namespaces) {
		u32 inode_number = network_namespace_of(ends, typed);

		if (!is_kept(filter_network_namespaces, bpf_map_lookup_elem(&network_namespaces, &inode_number)))
			return false;
	}
	if (filter_peers && !is_address_kept(filter_peers, &peers, ends->peer_address, ends->family))
		return false;
	if (filter_locals && !is_address_kept(filter_locals, &locals, ends->local_address, ends->family))
		return false;
	return is_cgroup_kept(cgroups_included, cgroups_excluded, &cgroup_directories) &&
	       is_cgroup_kept(containers_included, containers_excluded, &container_directories);
}

#endif
