/** Builds of the programs that keep things elsewhere, and are otherwise these: what another structure would take. */
import { BCC_FIELDS, type Edit, type Variant } from './variants.ts';

/** Variants have the maps of this build, so what they need besides takes the place of one that no bench uses. */
function instead(map: string): Edit {
  const text = `struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, u64);
} cgroups SEC(".maps");`;
  return { file: 'maps.h', text, instead: map };
}

/** Nobody reads it: it has room for all of an interval. */
const SECOND_RING = instead(`struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 23);
} cgroups SEC(".maps");`);

const RESERVE = 'event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);';
const SUBMIT = 'bpf_ringbuf_submit(event, submit_flags());';

const capture = (text: string, replacement: string): Edit => ({ file: 'capture.h', text, instead: replacement });

/** The fields of bcc, where a small record has room for them; only its size differs. */
function briefRecord(bytes: number): Variant {
  return {
    name: `the fields of bcc in ${bytes} bytes, unread`,
    edits: [
      ...BCC_FIELDS.edits,
      SECOND_RING,
      capture(RESERVE, `event = bpf_ringbuf_reserve(&cgroups, ${bytes}, 0);`),
      // The reader, whose own ring stays empty, sleeps.
      capture(SUBMIT, 'bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);'),
      capture('__builtin_memset(event, 0, sizeof(*event));', `__builtin_memset(event, 0, ${bytes});`),
      capture('event->pid = task->tgid;', 'event->queue_duration_ns = task->tgid;'),
      capture('event->tid = task->pid;', 'event->cgroup_id = task->pid;'),
      capture('event->cpu = bpf_get_smp_processor_id();', 'event->socket_cookie = bpf_get_smp_processor_id();'),
      capture('event->method = method;', ''),
      capture('event->socket_family = ends->family;', ''),
      capture(
        'event->peer_port = ends->peer_port;',
        'event->process_start_boot_ns = (u64)ends->local_port << 32 | ends->family << 16 | ends->peer_port;',
      ),
      capture('event->local_port = ends->local_port;', ''),
    ],
  };
}

/** No program at a system call's exit may read them: test/kernel/socket-storage.test.ts. What it takes to keep them is seen. */
export const STAMPS_IN_STORAGE: Variant = {
  name: 'stamps in storage of the socket, not read',
  edits: [
    {
      file: 'maps.h',
      text: `	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << QUEUE_STAMP_SET_BITS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct queue_stamp_set);`,
      instead: `	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);`,
    },
    {
      file: 'queue_stamp.h',
      text: 'struct queue_stamp_set *found = bpf_map_lookup_elem(&queued_at, &set);',
      instead: 'struct queue_stamp_set *found = NULL;',
    },
    {
      file: 'socket_state.h',
      text: 'stamp_queued(sk);',
      instead: `{
			u64 *queued_boot_ns = bpf_sk_storage_get(&queued_at, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);

			if (queued_boot_ns)
				*queued_boot_ns = bpf_ktime_get_boot_ns();
		}`,
    },
  ],
};

/** Slots in turn, written without a lock; nobody reads them, or says that there is room again. */
export const ARRAY_FOR_RING: Variant = {
  name: 'an array for the ring, unread',
  edits: [
    instead(`struct array_slot {
	u64 sequence;
	struct tcpaccept_event event;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << 16);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct array_slot);
} cgroups SEC(".maps");`),
    capture(
      RESERVE,
      `u32 place = (sequence & 0x7fff) | (bpf_get_smp_processor_id() & 1) << 15;
	struct array_slot *slot = bpf_map_lookup_elem(&cgroups, &place);

	event = slot && *(volatile u64 *)&slot->sequence <= sequence ? &slot->event : NULL;`,
    ),
    capture(SUBMIT, 'asm volatile("" ::: "memory"); *(volatile u64 *)&slot->sequence = sequence + 1;'),
  ],
};

export const STRUCTURES: readonly Variant[] = [
  ARRAY_FOR_RING,
  { name: 'a ring of 256 KiB', edits: [], ringBytes: 1 << 18 },
  briefRecord(184),
  briefRecord(128),
  briefRecord(96),
  STAMPS_IN_STORAGE,
  {
    name: 'the executable name kept by task',
    edits: [
      instead(`struct kept_name {
	u64 exec_count;
	u64 words[4];
};
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct kept_name);
} cgroups SEC(".maps");`),
      capture(
        'read_executable_name(event->executable_name, task);',
        `struct kept_name *kept = bpf_task_storage_get(&cgroups, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!kept)
		return;
	if (kept->exec_count != event->exec_count + 1ULL) {
		__builtin_memset(kept, 0, sizeof(*kept));
		read_executable_name((char *)kept->words, task);
		kept->exec_count = event->exec_count + 1ULL;
	}
	__builtin_memcpy(event->executable_name, kept->words, sizeof(kept->words));`,
      ),
    ],
  },
  { name: 'every CPU accepts', edits: [], isOfEveryCpu: true },
  {
    name: 'every CPU accepts, with rings of their own',
    edits: [
      SECOND_RING,
      capture(
        RESERVE,
        `if (bpf_get_smp_processor_id() & 1)
		event = bpf_ringbuf_reserve(&cgroups, sizeof(*event), 0);
	else
		${RESERVE}`,
      ),
    ],
    isOfEveryCpu: true,
  },
];
