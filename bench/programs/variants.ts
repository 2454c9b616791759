/** Builds of the programs that leave one thing out, and are otherwise these: what that thing costs. */

/** A text of one of bpf's files, which must be there, and what takes its place. */
export interface Edit {
  readonly file: string;
  readonly text: string;
  readonly instead: string;
}

export interface Variant {
  /** Also its folder's, with hyphens. */
  readonly name: string;
  readonly edits: readonly Edit[];
  /** Of the ring, where it is not what benches have. */
  readonly ringBytes?: number;
  /** A server on each CPU accepts meanwhile; otherwise one, on the last. */
  readonly isOfEveryCpu?: boolean;
}

const without = (file: string, ...texts: readonly string[]): Edit[] =>
  texts.map((text) => ({ file, text, instead: '' }));

const empty = (...texts: readonly string[]): Edit[] =>
  texts.map((text) => ({ file: 'accept.bpf.c', text: `return ${text};`, instead: '(void)ctx; return 0;' }));

/** Nothing but being called: the floor. */
export const EMPTY: Variant = {
  name: 'empty programs',
  edits: empty(
    'accept_returned(ctx->result)',
    'inet_csk_accept_returned(ctx)',
    'inet_csk_accept_probed(ctx)',
    'socket_state((struct sock *)ctx[0], (int)ctx[1], (int)ctx[2])',
  ),
};

/** The same, and what follows connections' states is where next to nothing happens: who is called for accepts alone. */
export const EMPTY_AT_ACCEPT: Variant = {
  name: 'empty, at accept alone',
  edits: [
    ...EMPTY.edits,
    { file: 'accept.bpf.c', text: 'SEC("tp_btf/inet_sock_set_state")', instead: 'SEC("tp_btf/sched_process_exec")' },
  ],
};

/** What bcc's table has, and the record's frame: time, process, both ends, comm. */
export const BCC_FIELDS: Variant = {
  name: 'the fields of bcc',
  edits: without(
    'capture.h',
    'event->namespace_pid = namespace_pid_of(task);',
    'event->user_id = user_id_of(task);',
    'event->real_user_id = real_user_id_of(task);',
    'event->process_start_boot_ns = process_start_boot_ns_of(task);',
    'event->exec_count = exec_count_of(task);',
    'event->cgroup_id = cgroup_id_of(task);',
    'event->mount_namespace = mount_namespace_of(task);',
    'read_executable_name(event->executable_name, task);',
    'fill_socket(event, ends, sk, tcp, typed);',
    'fill_listener(event, listening, ends->local_port, typed);',
  ),
};

export const VARIANTS: readonly Variant[] = [
  EMPTY,
  {
    name: 'no record',
    edits: [
      {
        file: 'capture.h',
        text: 'sequence = __sync_fetch_and_add(&counts->next_sequence, 1);',
        instead: 'sequence = __sync_fetch_and_add(&counts->next_sequence, 1);\n\tif (sequence + 1)\n\t\treturn 0;',
      },
    ],
  },
  {
    name: 'a record, not filled',
    edits: [
      {
        file: 'capture.h',
        text: '__builtin_memset(event, 0, sizeof(*event));',
        instead: `if (sequence + 1) {
		bpf_ringbuf_submit(event, submit_flags());
		return 0;
	}
	__builtin_memset(event, 0, sizeof(*event));`,
      },
    ],
  },
  BCC_FIELDS,
  { name: 'no process', edits: without('capture.h', 'fill_process(event, task);') },
  { name: 'no executable name', edits: without('capture.h', 'read_executable_name(event->executable_name, task);') },
  {
    name: 'no clock',
    edits: [
      {
        file: 'capture.h',
        text: 'event->accepted_boot_ns = bpf_ktime_get_boot_ns();',
        instead: 'event->accepted_boot_ns = 1;',
      },
    ],
  },
  {
    name: 'no time in the queue',
    edits: [
      {
        file: 'capture.h',
        text: 'event->queue_duration_ns = take_queue_duration_ns(tcp, event->accepted_boot_ns);',
        instead: '',
      },
      { file: 'socket_state.h', text: 'stamp_queued(sk);', instead: ';' },
    ],
  },
  {
    name: 'no listener',
    edits: without('capture.h', 'fill_listener(event, listening, ends->local_port, typed);'),
  },
  {
    name: 'no look for own connections',
    edits: [{ file: 'capture.h', text: 'if (take_self_connection(ends))', instead: 'if (0)' }],
  },
];
