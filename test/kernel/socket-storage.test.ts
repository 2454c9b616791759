import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { buildVariant } from '../../bench/programs/build-variant.ts';
import { STAMPS_IN_STORAGE } from '../../bench/programs/structures.ts';
import { AcceptTracer } from '../../src/kernel/accept-tracer.ts';

/** What docs/performance.md says of it. A kernel that reads it is news. */
test("a program at a system call's exit may not read what a socket has in BPF_MAP_TYPE_SK_STORAGE", () => {
  const addon = buildVariant({
    name: 'stamps in storage of the socket, read',
    edits: [
      ...STAMPS_IN_STORAGE.edits,
      {
        file: 'capture.h',
        text: 'event->queue_duration_ns = take_queue_duration_ns(tcp, event->accepted_boot_ns);',
        instead: `{
		u64 *queued_boot_ns = bpf_sk_storage_get(&queued_at, tcp, 0, 0);

		event->queue_duration_ns = queued_boot_ns ? *queued_boot_ns : 0;
	}`,
      },
    ],
  });
  assert.throws(
    () =>
      new AcceptTracer({ hook: 'syscall', ringBytes: 1 << 16, self: 'none' }, createRequire(import.meta.url)(addon)),
    ({ log }: { log: string }) => {
      const refusal = log.split('\n').find((line) => line.includes('bpf_sk_storage_get#107') && !line.includes('call'));
      assert.match(
        refusal ?? log,
        /unknown func bpf_sk_storage_get#107|program of this type cannot use helper bpf_sk_storage_get#107/,
      );
      return true;
    },
  );
});
