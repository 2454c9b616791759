import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonLogsSerializer, ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { otlpJsonOf } from '../../src/export/otlp-json.ts';

const RECORDS: ReadableLogRecord[] = [
  {
    hrTime: [1_764_000_000, 123_456_789],
    hrTimeObserved: [1_764_000_000, 999_999_999],
    spanContext: { traceId: '0123456789abcdef0123456789abcdef', spanId: 'fedcba9876543210', traceFlags: 1 },
    severityNumber: 9,
    severityText: 'INFO',
    body: 'grüße "and" \\ \u2028 😀',
    eventName: 'tcpaccept.connection.accepted',
    attributes: {
      text: '',
      yes: true,
      no: false,
      zero: 0,
      whole: 65_535,
      large: 2 ** 52,
      negative: -1,
      half: 0.5,
      list: ['a', 1, true, [2.5]],
      map: { inner: { deep: 'x' }, n: -7 },
      bytes: new Uint8Array([0, 1, 254, 255]),
      none: null,
    },
    droppedAttributesCount: 3,
    resource: resourceFromAttributes({ 'service.name': 'test', 'process.pid': 7 }),
    instrumentationScope: { name: 'scope', version: '1.2', schemaUrl: 'https://opentelemetry.io/schemas/1.45.0' },
  },
];

/** What JSON has that says the same as leaving it out, and the numbers that the SDK writes where OTLP has text. */
function normalised(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalised);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, inner]) => !(name === 'droppedAttributesCount' && inner === 0))
      .map(([name, inner]) => [name, name === 'intValue' ? String(inner) : normalised(inner)]),
  );
}

test('protobuf turned into JSON says what the SDK’s own JSON says', () => {
  const json = otlpJsonOf(ProtobufLogsSerializer.serializeRequest(RECORDS) ?? new Uint8Array());
  const oracle = new TextDecoder().decode(JsonLogsSerializer.serializeRequest(RECORDS));
  assert.deepEqual(normalised(JSON.parse(json)), normalised(JSON.parse(oracle)));
  assert.doesNotMatch(json, /\n/);
  assert.match(json, /"timeUnixNano":"1764000000123456789"/);
  assert.match(json, /"intValue":"65535"/);
});

test('the largest and smallest integers keep every digit, and what is no number is text', () => {
  /** `{ resource_logs: { scope_logs: { log_records: { body } } } }` */
  const request = (body: number[]) => {
    const wrapped = (field: number, inner: number[]) => [field * 8 + 2, inner.length, ...inner];
    return Uint8Array.from(wrapped(1, wrapped(2, wrapped(2, wrapped(5, body)))));
  };
  const body = (value: number[]) =>
    JSON.parse(otlpJsonOf(request(value))).resourceLogs[0].scopeLogs[0].logRecords[0].body;
  const nines = Array.from({ length: 8 }, () => 0xff);
  assert.deepEqual(body([0x18, ...nines, 0x7f]), { intValue: '9223372036854775807' });
  assert.deepEqual(body([0x18, ...Array.from({ length: 9 }, () => 0x80), 0x01]), { intValue: '-9223372036854775808' });
  assert.deepEqual(body([0x21, 0, 0, 0, 0, 0, 0, 0xf0, 0x7f]), { doubleValue: 'Infinity' });
  assert.deepEqual(body([0x21, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f]), { doubleValue: 'NaN' });
  assert.throws(() => otlpJsonOf(Buffer.from('this is no protobuf')), RangeError);
});
