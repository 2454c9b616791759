import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { split } from '../../../src/export/transport/split-request.ts';
import { encode, numberedRecords, numbersIn } from './encode-records.ts';

const request = (records: ReadableLogRecord[]) => ({ body: encode(records), records: records.length });

for (const count of [2, 3, 512]) {
  test(`the halves of ${count} records are what the SDK encodes of each half`, () => {
    const records = numberedRecords(0, count);
    const halves = split(request(records));
    const middle = Math.ceil(count / 2);
    assert.deepEqual(
      halves?.map(({ body, records }) => [Buffer.from(body), records]),
      [
        [Buffer.from(encode(records.slice(0, middle))), middle],
        [Buffer.from(encode(records.slice(middle))), count - middle],
      ],
    );
  });
}

test('resources and scopes without a record in a half are not in it', () => {
  const hosts = ['host a', 'host b'].map((host) => resourceFromAttributes({ 'host.name': host }));
  const scopes = Array.from({ length: 6 }, (_, index) => ({ name: `scope ${index}` }));
  const records = numberedRecords(0, 12).map((record, index) => ({
    ...record,
    resource: hosts[Math.floor(index / 6)] ?? record.resource,
    instrumentationScope: scopes[Math.floor(index / 2)] ?? record.instrumentationScope,
  }));
  const halves = split(request(records))?.map(({ body }) => Buffer.from(body).toString('latin1'));
  assert.deepEqual(
    halves?.map((half) => half.match(/host \w|scope \d/g)),
    [
      ['host a', 'scope 0', 'scope 1', 'scope 2'],
      ['host b', 'scope 3', 'scope 4', 'scope 5'],
    ],
  );
  const quarter = split({ body: Buffer.from(halves[0] ?? '', 'latin1'), records: 6 })?.[0].body ?? [];
  assert.deepEqual(
    Buffer.from(quarter)
      .toString('latin1')
      .match(/host \w|scope \d/g),
    ['host a', 'scope 0', 'scope 1'],
  );
});

test('splitting on ends with single records, each once', () => {
  const parts = [request(numberedRecords(0, 37))];
  const singles: number[] = [];
  for (let part = parts.shift(); part; part = parts.shift()) {
    const halves = split(part);
    if (halves) parts.push(...halves);
    else {
      assert.equal(part.records, 1);
      singles.push(...numbersIn(part.body));
    }
  }
  assert.deepEqual(
    singles.sort((a, b) => a - b),
    Array.from({ length: 37 }, (_, index) => index),
  );
});

test('a single record, none, a wrong count and what is no request are not split', () => {
  const body = encode(numberedRecords(0, 4));
  assert.equal(split(request(numberedRecords(0, 1))), undefined);
  assert.equal(split({ body: new Uint8Array(), records: 0 }), undefined);
  assert.equal(split({ body, records: 5 }), undefined);
  assert.equal(split({ body: Buffer.from('this is no protobuf at all'), records: 2 }), undefined);
  for (let length = 1; length < body.length; length++) {
    assert.equal(split({ body: body.subarray(0, length), records: 4 }), undefined, `cut at ${length}`);
  }
});
