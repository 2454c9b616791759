import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptCost } from '../../bench/accept-cost.ts';

test('an accept that a filter leaves out costs the server less than one that is captured', async (t) => {
  const { costs, rounds, alone } = await acceptCost({ rounds: 5, warmups: 1, calls: 2000 });
  const medianNs = (name: string) => costs.find((cost) => cost.name === name)?.addedNs.median ?? Number.NaN;
  t.diagnostic(`${JSON.stringify(costs)} ${alone} of ${rounds} rounds alone`);
  assert.ok(medianNs('filtered out') < medianNs('every attribute'));
});
