import assert from 'node:assert/strict';
import { test } from 'node:test';
import { footprint } from '../../bench/footprint.ts';

test('footprint: start, memory, and bytes of a record, which gzip makes fewer', async () => {
  const { startMillis, idleMib, plainBytes, gzipBytes, recordsOfARequest } = await footprint({
    rounds: 1,
    idleMillis: 100,
  });
  assert.ok(startMillis.min > 0 && idleMib.min > 0);
  assert.ok(gzipBytes > 0 && gzipBytes < plainBytes / 2, `${gzipBytes} of ${plainBytes}`);
  assert.ok(recordsOfARequest > 1);
});
