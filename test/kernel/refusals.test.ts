import { suite, test } from 'node:test';
import { DEPRIVED, type Deprived } from './deprived.ts';
import { assertDoctorSays, assertTraceSays, doctorDeprived, traceDeprived } from './refusal.ts';

// Only guests can be booted locked down; fexit and kretprobe, which not every host has, are theirs too.
const { 'a kernel not locked down': _, ...HERE } = DEPRIVED;

for (const [name, deprived] of Object.entries<Deprived>(HERE)) {
  suite(`without ${name}`, () => {
    for (const hook of ['auto', 'syscall'] as const) {
      test(`--hook ${hook}: ${deprived.code}`, async () =>
        assertTraceSays(deprived, await traceDeprived(deprived, hook)));
    }
    test('doctor says the same', async () => assertDoctorSays(deprived, ['syscall'], await doctorDeprived(deprived)));
  });
}
