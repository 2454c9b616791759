import assert from 'node:assert/strict';
import type { Hook } from '../../src/kernel/binding.ts';
import type { Case, Outcome } from './cases.ts';
import type { CaseResult } from './trace-cases.ts';

/** Fails unless the hook made of the case what is documented, and nothing else. */
export function assertOutcome({ title, limits }: Case, hook: Hook, result: CaseResult): void {
  const { extra, wrong, missed, lost, made } = result;
  assert.ok(made > 0);
  assert.deepEqual({ title, extra, wrong, missed, lost }, { title, extra: [], wrong: [], missed: 0, lost: 0 });
  assert.deepEqual({ title, ...sums(result, limits[hook]) }, { title, ...wantedSums(made, limits[hook]) });
}

/** Where a race decides which of the two it is, only their sum is known. */
function sums({ reported, unreadable }: CaseResult, limit: Outcome | undefined): object {
  return limit === 'reported or counted' ? { both: reported + unreadable } : { reported, unreadable };
}

function wantedSums(made: number, limit: Outcome = 'all'): object {
  switch (limit) {
    case 'all':
      return { reported: made, unreadable: 0 };
    case 'all but one':
      return { reported: made - 1, unreadable: 0 };
    case 'nothing':
      return { reported: 0, unreadable: 0 };
    case 'counted':
      return { reported: 0, unreadable: made };
    case 'reported or counted':
      return { both: made };
  }
}

/** The same from run to run, also for what a race decides. */
export function cellOf({ limits }: Case, hook: Hook, { made, reported, unreadable }: CaseResult): string {
  if (limits[hook] === 'reported or counted' && reported + unreadable === made)
    return `${made} / ${made} (some counted)`;
  return `${made} / ${reported}${unreadable > 0 ? ` (${unreadable} counted)` : ''}`;
}
