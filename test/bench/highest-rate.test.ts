import assert from 'node:assert/strict';
import { test } from 'node:test';
import { highestRate } from '../../bench/highest-rate.ts';
import { startCollector } from '../collector/collector.ts';

test('highest-rate: every accept is delivered, or told of as lost or held', async () => {
  await using collector = await startCollector();
  const { accepts, delivered, lost, ratio, peakMib } = await highestRate(collector, { rounds: 1, accepts: 2000 });
  const elsewhere = Object.values(lost).reduce((sum, count) => sum + count, 0);
  assert.ok(delivered + elsewhere >= accepts, `${delivered} and ${JSON.stringify(lost)} of ${accepts}`);
  assert.ok(ratio.min > 0 && peakMib.min > 0);
});
