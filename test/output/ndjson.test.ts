import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ndjsonLine } from '../../src/output/ndjson.ts';
import { spanIdsOf } from '../../src/record/accept-span.ts';
import { ATTRIBUTES, attributesOf } from '../../src/record/attributes.ts';
import { exampleRecord, IPV6 } from './example-record.ts';

test('one object: timestamp, event_name, then the attributes in the order of their table', () => {
  const record = exampleRecord({ ...IPV6, rttUs: undefined });
  const line = ndjsonLine('accepted', record);
  assert.ok(
    line.startsWith('{"timestamp":"2023-11-14T22:13:20.000000001Z","event_name":"tcpaccept.connection.accepted","'),
    line,
  );
  const { timestamp, event_name, ...attributes } = JSON.parse(line);
  assert.equal(timestamp, '2023-11-14T22:13:20.000000001Z');
  assert.equal(event_name, 'tcpaccept.connection.accepted');
  assert.deepEqual(attributes, attributesOf('accepted', record));
  const known = ATTRIBUTES.map(({ name }) => name).filter((name) => name in attributes);
  assert.deepEqual(Object.keys(attributes), known);
  assert.ok(!('tcpaccept.tcp.rtt' in attributes), 'unknown facts are left out');
});

test('an accept of which a span is exported has its ids, by the names of the OTLP fields', () => {
  const span = spanIdsOf('boot-load-1-7');
  const { trace_id, span_id, ...rest } = JSON.parse(ndjsonLine('accepted', { ...exampleRecord(), span }));
  assert.deepEqual({ traceId: trace_id, spanId: span_id }, span);
  assert.deepEqual(rest, JSON.parse(ndjsonLine('accepted', exampleRecord())));
});

test('timestamps are exact to the nanosecond', () => {
  const at = (acceptedUnixNs: bigint): string =>
    JSON.parse(ndjsonLine('accepted', exampleRecord({ acceptedUnixNs }))).timestamp;
  assert.equal(at(0n), '1970-01-01T00:00:00.000000000Z');
  assert.equal(at(1_700_000_000_123_456_789n), '2023-11-14T22:13:20.123456789Z');
  assert.equal(at(1_700_000_000_999_999_999n), '2023-11-14T22:13:20.999999999Z');
  assert.equal(at(4_102_444_799_999_999_999n), '2099-12-31T23:59:59.999999999Z');
});

test('nothing in a line acts on a terminal, and the value is what it was', () => {
  const comm = 'a\u001b[2J\n\u007f\u009bé';
  const line = ndjsonLine('accepted', exampleRecord({ comm }));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
  assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f]/);
  assert.equal(JSON.parse(line)['thread.name'], comm);
});
