/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Which accepts are wanted: decided before ring space is taken. */
#ifndef TCPACCEPT_FILTER_H
#define TCPACCEPT_FILTER_H

#include "maps.h"

static __always_inline u32 mount_namespace_of(struct task_struct *task)
{
	return task->nsproxy->mnt_ns->ns.inum;
}

/* tcpaccept(8)'s filters; several are joined by AND. */
static __always_inline bool is_wanted(struct task_struct *task, u16 family, u16 local_port)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32;

	if (filter_pid && pid != filter_pid)
		return false;
	if (filter_own && pid != own_pid)
		return false;
	if (filter_family && family != filter_family)
		return false;
	if (filter_ports && !bpf_map_lookup_elem(&ports, &local_port))
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

#endif
