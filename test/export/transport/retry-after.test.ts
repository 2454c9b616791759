import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRetryAfter } from '../../../src/export/transport/retry-after.ts';

const NOW = Date.UTC(2026, 0, 1, 12, 0, 0);

const HEADERS: readonly (readonly [header: string | undefined, millis: number | undefined])[] = [
  [undefined, undefined],
  ['', undefined],
  ['0', 0],
  ['7', 7000],
  [' 120 ', 120_000],
  ['Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
  // The two obsolete forms that RFC 9110 has a recipient take.
  ['Thursday, 01-Jan-26 12:00:30 GMT', 30_000],
  ['Thu, 01 Jan 2026 11:00:00 GMT', 0],
  ['-5', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['Tomorrow', undefined],
  ['7 days', undefined],
];
for (const [header, millis] of HEADERS) {
  test(`Retry-After ${JSON.stringify(header)} is ${millis} ms`, () => {
    assert.equal(readRetryAfter(header, NOW), millis);
  });
}
