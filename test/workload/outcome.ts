import assert from 'node:assert/strict';
import type { Hook } from '../../src/kernel/binding.ts';
import type { Case, Outcome } from './cases.ts';
import type { CaseResult } from './trace-cases.ts';

/** Fails unless the hook made of the case what is documented, and nothing else. */
export function assertOutcome({ title, limits }: Case, hook: Hook, result: CaseResult): void {
  const { extra, wrong, missed, lost, made, unstamped, mostSkipped } = result;
  assert.ok(made > 0);
  assert.deepEqual({ title, extra, wrong, missed, lost }, { title, extra: [], wrong: [], missed: 0, lost: 0 });
  assert.ok(unstamped <= mostSkipped, `${unstamped} durations are unknown, of ${mostSkipped} that may be`);
  assert.ok(unstamped < made);
  assert.deepEqual({ title, ...sums(result, limits[hook]) }, { title, ...wantedSums(made, limits[hook]) });
}

/** Any process of the host may add to `unreadable`, so what a case has of it is what it could at most have. */
function countedOf({ made, reported, unreadable }: CaseResult): number {
  return Math.min(unreadable, made - reported);
}

/** Where a race decides which of the two it is, only their sum is known. */
function sums(result: CaseResult, limit: Outcome | undefined): object {
  const { reported } = result;
  const counted = countedOf(result);
  return limit === 'reported or counted' ? { both: reported + counted } : { reported, counted };
}

function wantedSums(made: number, limit: Outcome = 'all'): object {
  switch (limit) {
    case 'all':
      return { reported: made, counted: 0 };
    case 'all but one':
      return { reported: made - 1, counted: 0 };
    case 'nothing':
      return { reported: 0, counted: 0 };
    case 'counted':
      return { reported: 0, counted: made };
    case 'reported or counted':
      return { both: made };
  }
}

/** The same from run to run, also for what a race decides. */
export function cellOf({ limits }: Case, hook: Hook, result: CaseResult): string {
  const { made, reported } = result;
  const counted = countedOf(result);
  if (limits[hook] === 'reported or counted' && reported + counted === made) return `${made} / ${made} (some counted)`;
  return `${made} / ${reported}${counted > 0 ? ` (${counted} counted)` : ''}`;
}
