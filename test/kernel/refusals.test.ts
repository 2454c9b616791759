import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { DEPRIVED, type Deprived } from './deprived.ts';
import { assertDoctorSays, assertTraceSays, doctorDeprived, traceDeprived } from './refusal.ts';

// Only guests can be booted locked down; fexit and kretprobe, which not every host has, are theirs too.
const { 'a kernel not locked down': _, ...HERE } = DEPRIVED;

/** Why one right of `DEPRIVED` may not be missed here. */
const isTracefsMounted = / tracefs /.test(readFileSync('/proc/self/mounts', 'utf8'));
const isPerfOpen = Number(readFileSync('/proc/sys/kernel/perf_event_paranoid', 'utf8')) <= 2;
const notNeeded =
  isTracefsMounted && isPerfOpen && 'tracefs is mounted and perf_event_paranoid at most 2: nothing here wants it';

for (const [name, deprived] of Object.entries<Deprived>(HERE)) {
  suite(`without ${name}`, { skip: name === 'CAP_SYS_ADMIN' && notNeeded }, () => {
    for (const hook of ['auto', 'syscall'] as const) {
      test(`--hook ${hook}: ${deprived.code ?? 'traces'}`, async () =>
        assertTraceSays(deprived, await traceDeprived(deprived, hook)));
    }
    test('doctor says the same', async () => assertDoctorSays(deprived, ['syscall'], await doctorDeprived(deprived)));
  });
}
