import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadNative } from '../../src/kernel/native.ts';
import { OFFSET, RECORD_BYTES } from '../../src/kernel/record-layout.ts';

test('the record is laid out as the C compiler lays it out', () => {
  assert.deepEqual({ ...OFFSET, bytes: RECORD_BYTES }, loadNative().recordLayout());
});
