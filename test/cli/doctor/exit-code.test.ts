import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, ok, warn } from '../../../src/cli/doctor/check.ts';
import { exitCodeOf } from '../../../src/cli/doctor.ts';

const OK = ok('kernel', 'Linux');
const WARN = warn('hook fexit', 'refused', 'the next hook is used');
const FAIL = fail('endpoint', 'nothing listens', 'start a collector');
const UNSUPPORTED = fail('capabilities', 'missing CAP_BPF', 'run as root', true);

for (const [findings, code] of [
  [[], 0],
  [[OK, WARN], 0],
  [[OK, FAIL, WARN], 1],
  [[UNSUPPORTED, OK], 77],
  [[FAIL, UNSUPPORTED], 77],
] as const) {
  test(`${findings.map(({ name }) => name).join(', ') || 'nothing found'}: exit ${code}`, () => {
    assert.equal(exitCodeOf(findings), code);
  });
}
