import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { ACCEPTS_OF, acceptsIn, acceptsOfRequest, mostOf } from '../../src/export/accept-counts.ts';
import { DirectEncoder } from '../../src/export/direct/direct-encoder.ts';
import { readOtlpEnvironment } from '../../src/export/otlp-environment.ts';
import { split } from '../../src/export/transport/split-request.ts';
import { openAcceptEncoder } from '../../src/kernel/accept-encoder.ts';
import { randomFrom } from '../random.ts';
import { randomEvents } from '../record/random-events.ts';
import { encode, numberedRecords } from './transport/encode-records.ts';

test('how many accepts the records of a request stand for is in its bytes, also when it was split', (t) => {
  const seed = Number(process.env['SEED'] ?? 1 + (Date.now() % 2 ** 31));
  t.diagnostic(`SEED=${seed}`);
  const random = randomFrom(seed);
  const below = (end: number) => Math.floor(random() * end);
  const { limits } = readOtlpEnvironment({}).settings;
  const resource = resourceFromAttributes({ 'service.name': 'test' });
  for (let round = 0; round < 50; round++) {
    const encoder = new DirectEncoder({ resource, limits, warn: () => {}, native: openAcceptEncoder() });
    const expected: number[] = [];
    for (let left = 1 + below(20); left > 0; left--) {
      const events = randomEvents(below);
      const kind = (['summarized', 'lost', 'listener'] as const)[below(3)] ?? 'lost';
      if (kind === 'summarized') expected.push(ACCEPTS_OF.summarized(events.summarized));
      else expected.push(0);
      encoder.add(kind, events[kind]);
    }
    const request = encoder.take();
    assert.deepEqual(acceptsOfRequest(request.body), expected);
    const halves = split(request)?.flatMap(({ body }) => acceptsOfRequest(body));
    if (expected.length > 1) assert.deepEqual(halves, expected);
  }
});

test('a record of an accept is one; of bytes that are no request there are none; what is known is not looked up', () => {
  const body = encode(numberedRecords(0, 3));
  assert.deepEqual(acceptsOfRequest(body), [1, 1, 1]);
  assert.deepEqual(acceptsOfRequest(body.subarray(0, body.length - 1)), []);
  assert.equal(acceptsIn({ body, records: 3 }), 3);
  assert.equal(acceptsIn({ body, records: 3, accepts: 70 }), 70);
});

test('of some records that are not named the most is counted', () => {
  assert.deepEqual(
    [0, 1, 2, 9].map((records) => mostOf([1, 500, 0, 20], records)),
    [0, 500, 520, 521],
  );
});
