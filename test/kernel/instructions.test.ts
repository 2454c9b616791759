import assert from 'node:assert/strict';
import { release } from 'node:os';
import { test } from 'node:test';
import { measureInstructions } from '../../setup/verified-instructions.ts';
import { TcpAcceptError } from '../../src/errors.ts';
import { assertBounded, grown, kernelLine, recordedCounts } from './instruction-bounds.ts';

const LINE = kernelLine(release());

for (const loader of ['syscall', 'listeners'] as const) {
  test(`${loader}: no program takes the verifier more than a fifth over the recorded count`, (t) => {
    const recorded = recordedCounts()[LINE];
    if (!recorded) return t.skip(`no counts of Linux ${LINE} are recorded: npm run instructions`);
    const counts = measureInstructions(loader);
    assert.ok(!(counts instanceof TcpAcceptError));
    return assertBounded(counts, recorded[loader]);
  });
}

test('a program that grew by over a fifth, came or went is told of', () => {
  assert.deepEqual(grown({ same: 100, less: 1, fifth: 120 }, { same: 100, less: 90, fifth: 100 }), []);
  assert.deepEqual(grown({ more: 121, fresh: 7 }, { more: 100, gone: 8 }), [
    'more: 121, recorded 100',
    'fresh: 7, recorded nothing',
    'gone: not loaded, recorded 8',
  ]);
});
