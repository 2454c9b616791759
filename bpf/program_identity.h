/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What tells a program from every other: its process's pid is used again, and a process becomes another program by exec.
 *
 * Threads have the count of execs of the thread that made them, and exec ends all others: the group leader's is the
 * process's (begin_new_exec, fs/exec.c, 6.1 to 6.18).
 */
#ifndef TCPACCEPT_PROGRAM_IDENTITY_H
#define TCPACCEPT_PROGRAM_IDENTITY_H

#include "kernel.h"

#include "event.h"

static __always_inline u64 process_start_boot_ns_of(struct task_struct *task)
{
	return task->group_leader->start_boottime;
}

static __always_inline u32 exec_count_of(struct task_struct *task)
{
	return task->group_leader->self_exec_id;
}

static __always_inline u32 real_user_id_of(struct task_struct *task)
{
	return task->cred->uid.val;
}

#define NAME_WORDS (TCPACCEPT_EXECUTABLE_BYTES / sizeof(u64))

struct name_words {
	u64 words[NAME_WORDS];
};

/* Where a dentry has its name, if that fits into it. */
static __always_inline const struct name_words *inner_name_of(const struct dentry *file)
{
	if (bpf_core_field_exists(file->d_shortname))
		return (const struct name_words *)&file->d_shortname;
	return (const struct name_words *)&((const struct dentry___before_6_15 *)file)->d_iname;
}

static __always_inline u32 inner_name_bytes(const struct dentry *file)
{
	return bpf_core_field_exists(file->d_shortname)
		   ? bpf_core_field_size(file->d_shortname)
		   : bpf_core_field_size(((const struct dentry___before_6_15 *)file)->d_iname);
}

/* `name` is zero, and stays so for a kernel thread. Nearly all names are inside, and loads take less than a call. */
static __always_inline void read_executable_name(char name[TCPACCEPT_EXECUTABLE_BYTES], struct task_struct *task)
{
	struct dentry *file = task->mm->exe_file->f_path.dentry;
	const struct name_words *inner = inner_name_of(file);
	u64 *words = (u64 *)name;
	u32 length = file->d_name.len;

	if (length >= TCPACCEPT_EXECUTABLE_BYTES || inner_name_bytes(file) < TCPACCEPT_EXECUTABLE_BYTES) {
		if (length > TCPACCEPT_EXECUTABLE_BYTES - 1)
			length = TCPACCEPT_EXECUTABLE_BYTES - 1;
		bpf_probe_read_kernel(name, length, file->d_name.name);
		return;
	}
	/* Behind the name is anything: of the last word those bytes, its highest on a little-endian machine, are left out. */
	for (u32 i = 0; i < NAME_WORDS && length; i++) {
		if (length < sizeof(u64)) {
			words[i] = inner->words[i] & ((1ULL << length * 8) - 1);
			return;
		}
		words[i] = inner->words[i];
		length -= sizeof(u64);
	}
}

static __always_inline u64 cgroup_id_of(struct task_struct *task)
{
	return task->cgroups->dfl_cgrp->kn->id;
}

struct comm_words {
	u64 words[TCPACCEPT_COMM_BYTES / sizeof(u64)];
};

/* The kernel pads it with zeros: strscpy_pad in 6.1, memset in 6.18 (__set_task_comm). */
static __always_inline void read_comm(char comm[TCPACCEPT_COMM_BYTES], struct task_struct *task)
{
	*(struct comm_words *)comm = *(const struct comm_words *)task->comm;
}

#endif
