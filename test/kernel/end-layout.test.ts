import assert from 'node:assert/strict';
import { test } from 'node:test';
import { END_BYTES, END_OFFSET } from '../../src/kernel/end-layout.ts';
import { loadNative } from '../../src/kernel/native.ts';

test('the record of an end is laid out as the C compiler lays it out', () => {
  assert.deepEqual({ ...END_OFFSET, bytes: END_BYTES }, loadNative().endLayout());
});
