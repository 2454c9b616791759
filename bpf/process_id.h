/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * A process has one id in each pid namespace from the initial one down to its own. Records carry the first and the last;
 * people inside a container name a process by the one that they see.
 */
#ifndef TCPACCEPT_PROCESS_ID_H
#define TCPACCEPT_PROCESS_ID_H

#include "maps.h"

/* Where the kernel keeps the id at `level`: CO-RE cannot index by a variable, and only a pointer that a helper has read
 * can be moved by one (6.1 refuses for a typed one, 6.12 does not). */
static __always_inline void *numbers_at(struct task_struct *task, unsigned int level)
{
	return (void *)BPF_CORE_READ(task, group_leader, thread_pid) + bpf_core_field_offset(struct pid, numbers) +
	       level * bpf_core_type_size(struct upid);
}

static __always_inline u32 pid_at(struct task_struct *task, unsigned int level)
{
	int number = 0;

	bpf_probe_read_kernel(&number, sizeof(number),
			      numbers_at(task, level) + bpf_core_field_offset(struct upid, nr));
	return number;
}

static __always_inline u64 pid_namespace_at(struct task_struct *task, unsigned int level)
{
	u64 namespace = 0;

	bpf_probe_read_kernel(&namespace, sizeof(namespace),
			      numbers_at(task, level) + bpf_core_field_offset(struct upid, ns));
	return namespace;
}

static __always_inline unsigned int pid_level_of(struct task_struct *task)
{
	return task->group_leader->thread_pid->level;
}

/* As the process itself sees it. */
static __always_inline u32 namespace_pid_of(struct task_struct *task)
{
	unsigned int level = pid_level_of(task);

	return level == 0 ? (u32)task->tgid : pid_at(task, level);
}

/* As the loading process sees it; 0 where it does not. */
static __always_inline u32 pid_here(struct task_struct *task)
{
	if (own_pid_level == 0)
		return task->tgid;
	if (pid_level_of(task) < own_pid_level || pid_namespace_at(task, own_pid_level) != own_pid_namespace)
		return 0;
	return pid_at(task, own_pid_level);
}

/* NULL at the end of an iteration. */
static __always_inline int note_if_filtered_for(struct task_struct *task)
{
	if (task && pid_here(task) == filter_pid)
		located_pid = task->tgid;
	return 0;
}

static __always_inline bool is_own_process(struct task_struct *task)
{
	return (u32)task->tgid == own_pid && task->group_leader->start_boottime == own_started_ns;
}

/* `task` is the loading process's. */
static __always_inline void remember_own_process(struct task_struct *task)
{
	own_pid = task->tgid;
	own_started_ns = task->group_leader->start_boottime;
	own_pid_level = pid_level_of(task);
	own_pid_namespace = pid_namespace_at(task, own_pid_level);
}

#endif
