import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadNative } from '../../src/kernel/native.ts';
import { SUMMARY_BYTES, SUMMARY_OFFSET } from '../../src/kernel/summary-layout.ts';

test('the summary is laid out as the C compiler lays it out', () => {
  assert.deepEqual({ ...SUMMARY_OFFSET, bytes: SUMMARY_BYTES }, loadNative().summaryLayout());
});
