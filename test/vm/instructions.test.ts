import { suite, test } from 'node:test';
import { LOADERS } from '../../setup/verified-instructions.ts';
import { assertBounded, recordedCounts } from '../kernel/instruction-bounds.ts';
import { guestInstructions } from './guest-instructions.ts';

for (const line of ['6.1', '6.12']) {
  suite(`the verifier of ${line}`, async () => {
    const measured = guestInstructions(line);
    for (const loader of LOADERS) {
      test(`${loader}: no program takes it more than a fifth over the recorded count`, async () =>
        assertBounded((await measured)[loader], recordedCounts()[line]?.[loader]));
    }
  });
}
