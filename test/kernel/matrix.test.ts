import assert from 'node:assert/strict';
import { release } from 'node:os';
import { before, test } from 'node:test';
import { saveColumn, worseCells } from '../workload/matrix.ts';
import { assertOutcome, cellOf } from '../workload/outcome.ts';
import { CASES_HERE, type CaseResult, traceCases } from '../workload/trace-cases.ts';
import { buildWorkload } from '../workload/workload.ts';

const COLUMN = `${release().split('.').slice(0, 2).join('.')} syscall`;
const results = new Map<string, CaseResult>();

function resultOf(title: string): CaseResult {
  const result = results.get(title);
  assert.ok(result);
  return result;
}

before(async () => {
  buildWorkload();
  for (const { result } of await traceCases('syscall')) results.set(result.title, result);
});

for (const one of CASES_HERE) {
  test(`${one.title}: ${one.limits.syscall ?? 'all'}`, () => assertOutcome(one, 'syscall', resultOf(one.title)));
}

test('no case is reported worse than the committed matrix says', () => {
  const cells = Object.fromEntries(CASES_HERE.map((one) => [one.title, cellOf(one, 'syscall', resultOf(one.title))]));
  saveColumn(COLUMN, cells);
  assert.deepEqual(worseCells(COLUMN, cells), []);
});
