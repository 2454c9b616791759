import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EndpointGate } from '../../../src/export/transport/endpoint-gate.ts';

/** Failures are 10 ms each, what is asked for is as asked. */
const gate = () => new EndpointGate((failures, askedMillis) => askedMillis ?? failures * 10);

test('requests that fail together are one failure, one sent later is the next', () => {
  const it = gate();
  assert.equal(it.isInTrouble, false);
  it.failed(100, 200, undefined);
  it.failed(110, 205, undefined);
  assert.deepEqual([it.isInTrouble, it.opensAt], [true, 210]);
  it.failed(210, 300, undefined);
  assert.equal(it.opensAt, 320);
});

test('an answer ends the trouble, and the next failure is the first again', () => {
  const it = gate();
  it.failed(0, 1, undefined);
  it.failed(2, 3, undefined);
  it.answered(50);
  assert.deepEqual([it.isInTrouble, it.answeredAt], [false, 50]);
  it.failed(1, 60, undefined);
  assert.deepEqual([it.isInTrouble, it.opensAt], [true, 70]);
});

test('what the server asked for holds, whoever is answered in the meantime and however we hurry', () => {
  const it = gate();
  it.failed(0, 100, 5000);
  it.failed(0, 101, 400);
  it.answered(102);
  it.hurry();
  assert.deepEqual([it.isInTrouble, it.opensAt], [false, 5100]);
});

test('hurrying forgets what we concluded ourselves', () => {
  const it = gate();
  it.failed(0, 100, undefined);
  it.hurry();
  assert.deepEqual([it.isInTrouble, it.opensAt], [false, Number.NEGATIVE_INFINITY]);
});
