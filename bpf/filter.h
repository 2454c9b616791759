/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Which accepts are wanted: decided before ring space is taken. Several filters are joined by AND. */
#ifndef TCPACCEPT_FILTER_H
#define TCPACCEPT_FILTER_H

#include "address.h"
#include "filter_sets.h"
#include "maps.h"
#include "process_id.h"

static __always_inline u32 mount_namespace_of(struct task_struct *task)
{
	return task->nsproxy->mnt_ns->ns.inum;
}

/* tcpaccept(8)'s filters. */
static __always_inline bool is_wanted_by_tcpaccept(struct task_struct *task, const struct socket_ends *ends)
{
	if (filter_pid && pid_here(task) != filter_pid)
		return false;
	if (filter_family && ends->family != filter_family)
		return false;
	if (filter_ports && !(wanted_ports[ends->local_port / 64] & 1ULL << ends->local_port % 64))
		return false;
	if (filter_cgroups) {
		u64 cgroup_id = bpf_get_current_cgroup_id();

		if (!bpf_map_lookup_elem(&cgroups, &cgroup_id))
			return false;
	}
	if (filter_mount_namespaces) {
		u64 inode_number = mount_namespace_of(task);

		if (!bpf_map_lookup_elem(&mount_namespaces, &inode_number))
			return false;
	}
	return true;
}

static __always_inline bool is_wanted(struct task_struct *task, const struct socket_ends *ends, bool typed)
{
	if (filter_own && (u32)task->tgid != own_pid)
		return false;
	return is_wanted_by_tcpaccept(task, ends) && is_in_filter_sets(task, ends, typed);
}

#endif
