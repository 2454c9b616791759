import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { HOOKS } from '../../src/kernel/binding.ts';
import { DEPRIVED, type Deprived, type DeprivedName } from '../kernel/deprived.ts';
import { assertDoctorSays, assertTraceSays } from '../kernel/refusal.ts';
import { CHOICES, type Outcomes } from './refusals-in-guest.ts';
import { resultFromGuest } from './result-from-guest.ts';

const PROGRAM = fileURLToPath(new URL('refusals-in-guest.ts', import.meta.url));

/** The user namespace is tried on the host. */
const NAMES = ['CAP_PERFMON', 'CAP_BPF', 'every right', 'the kernel’s BTF'] as const;
const LOCKED_DOWN = ['a kernel not locked down'] as const;

for (const line of ['6.1', '6.12']) {
  for (const [kernelArgs, names] of [
    ['', NAMES],
    ['lockdown=confidentiality', LOCKED_DOWN],
  ] as const) {
    suite(`${line} ${kernelArgs}`, () => {
      let results: Readonly<Partial<Record<DeprivedName, Outcomes>>> = {};
      before(async () => {
        results = await resultFromGuest({ line, program: PROGRAM, args: names, kernelArgs });
      });

      for (const name of names) {
        const deprived: Deprived = DEPRIVED[name];
        for (const hook of CHOICES) {
          test(`without ${name}, --hook ${hook}: ${deprived.code}`, () => {
            const outcome = results[name]?.trace[hook];
            assert.ok(outcome);
            assertTraceSays(deprived, outcome);
          });
        }
        test(`without ${name}, doctor says the same`, () => {
          const outcome = results[name]?.doctor;
          assert.ok(outcome);
          assertDoctorSays(deprived, HOOKS, outcome);
        });
      }
    });
  }
}
