import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WaitHistogram } from '../../../src/cli/top/wait-histogram.ts';

test('a percentile is no lower than the true one, and at most a fifth higher', () => {
  const histogram = new WaitHistogram();
  const durations = Array.from({ length: 1000 }, (_, index) => 1000 * 1.01 ** index);
  for (const duration of durations) histogram.add(duration);
  for (const share of [0.001, 0.5, 0.9, 0.99, 1]) {
    const truth = durations[Math.ceil(1000 * share) - 1] ?? 0;
    const percentile = histogram.percentileNs(share) ?? 0;
    assert.ok(percentile >= truth * 0.999 && percentile <= truth * 1.2, `${share}: ${percentile} for ${truth}`);
  }
});

test('nothing, extremes, and another histogram', () => {
  const histogram = new WaitHistogram();
  assert.equal(histogram.percentileNs(0.5), undefined);
  histogram.add(0);
  assert.ok((histogram.percentileNs(1) ?? 0) < 100);
  const other = new WaitHistogram();
  other.add(1e18);
  histogram.absorb(other);
  assert.ok((histogram.percentileNs(0.5) ?? 0) < 100);
  assert.ok((histogram.percentileNs(1) ?? 0) > 1e13);
});
