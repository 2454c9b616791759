import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptSampler } from '../../src/export/span-sampler.ts';
import { DEFAULT_SAMPLER, type SamplerName } from '../../src/export/traces-environment.ts';
import { type SpanIds, spanIdsOf } from '../../src/record/accept-span.ts';
import { exampleRecord } from '../output/example-record.ts';
import { batchOf } from '../record/record-batch.ts';

const SECOND = 1_000_000_000n;

/** What becomes of accepts at these times after the first, in one run. */
function sample(sampler: SamplerName, ratio: number, timesNs: readonly bigint[]): (SpanIds | undefined)[] {
  const decide = acceptSampler({ sampler, ratio });
  const records = timesNs.map((time, index) => {
    const sequence = BigInt(index);
    return { ...exampleRecord({ acceptedBootNs: 5n * SECOND + time, sequence }), uid: `boot-load-1-${sequence}` };
  });
  // A batch for each: batchOf takes the clock of its first record.
  return records.map((record) => decide(batchOf([record]).view(0)));
}

test('without a sampler at most 100 in any second, and the first of them', () => {
  const every5ms = Array.from({ length: 600 }, (_, index) => BigInt(index) * 5_000_000n);
  const spans = sample(DEFAULT_SAMPLER, 1, every5ms);
  const sampled = every5ms.filter((_, index) => spans[index]);
  assert.equal(sampled.length, 300);
  assert.deepEqual(sampled.slice(0, 100), every5ms.slice(0, 100));
  for (const start of sampled) {
    assert.ok(sampled.filter((time) => time >= start && time < start + SECOND).length <= 100);
  }
});

test('fewer than 100 in a second are all sampled, and a burst after a pause is cut at 100', () => {
  const slow = Array.from({ length: 300 }, (_, index) => BigInt(index) * 11_000_000n);
  const burst = Array.from({ length: 150 }, () => 60n * SECOND);
  const spans = sample(DEFAULT_SAMPLER, 1, [...slow, ...burst]);
  assert.ok(spans.slice(0, 300).every((ids) => ids));
  assert.equal(spans.slice(300).filter((ids) => ids).length, 100);
});

for (const [sampler, ratio, least, most] of [
  ['always_on', 1, 1000, 1000],
  ['parentbased_always_on', 1, 1000, 1000],
  ['always_off', 1, 0, 0],
  ['parentbased_always_off', 1, 0, 0],
  ['traceidratio', 0, 0, 0],
  ['traceidratio', 1, 1000, 1000],
  ['traceidratio', 0.25, 200, 300],
  ['parentbased_traceidratio', 0.25, 200, 300],
] as const) {
  test(`${sampler} ${ratio} samples ${least} to ${most} of 1000, the same ones whenever it is asked`, () => {
    const times = Array.from({ length: 1000 }, () => 0n);
    const spans = sample(sampler, ratio, times);
    const sampled = spans.filter((ids) => ids).length;
    assert.ok(sampled >= least && sampled <= most, `${sampled}`);
    assert.deepEqual(sample(sampler, ratio, times), spans);
    for (const [index, ids] of spans.entries()) if (ids) assert.deepEqual(ids, spanIdsOf(`boot-load-1-${index}`));
  });
}
