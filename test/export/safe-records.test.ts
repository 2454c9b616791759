import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SafeRecords } from '../../src/export/safe-records.ts';
import { ID_STEP } from '../../src/export/transport/encoded-request.ts';

function request(number: number, accepted = 10, records = accepted, summarized = 0) {
  return { id: number * ID_STEP, body: new Uint8Array(), records, accepted, summarized };
}

test('what is safe is told in the order of the accepts, whatever becomes safe first', () => {
  const told: number[] = [];
  const safe = new SafeRecords((accepts) => told.push(accepts));
  for (const number of [1, 2, 3]) safe.add(request(number));
  safe.safe(request(2));
  assert.deepEqual(told, []);
  safe.safe(request(1));
  assert.deepEqual(told, [20]);
  safe.safe(request(1));
  safe.safe(request(3));
  assert.deepEqual(told, [20, 10]);
});

test('a request is safe when all its parts are; records of other events hold nothing up, and are not counted', () => {
  const told: number[] = [];
  const safe = new SafeRecords((accepts) => told.push(accepts));
  const whole = request(1, 7, 8);
  safe.add(whole);
  safe.add(request(2, 0, 3));
  safe.add(request(3, 5));
  const first = { ...whole, records: 4 };
  safe.safe(first);
  safe.safe(first);
  assert.deepEqual(told, []);
  safe.safe({ ...whole, id: whole.id + 4, records: 4 });
  assert.deepEqual(told, [7]);
  safe.safe(request(3, 5));
  safe.safe(request(2, 0, 3));
  assert.deepEqual(told, [7, 5]);
});

test('accepts and summaries are told of apart, and in one order', () => {
  const told: [number, number][] = [];
  const safe = new SafeRecords((...counts) => told.push(counts));
  const requests = [request(1, 0, 4, 4), request(2, 5, 8, 2), request(3, 6)];
  for (const one of requests) safe.add(one);
  for (const one of requests.toReversed()) safe.safe(one);
  assert.deepEqual(told, [[11, 6]]);
});

test('requests of earlier runs are nobody’s accepts', () => {
  const safe = new SafeRecords(() => assert.fail('told of accepts'));
  safe.safe(request(9));
});
