import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSpanContextValid, ROOT_CONTEXT, SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import { ACCEPT_SPAN, queuedUnixNs, spanIdsOf } from '../../src/record/accept-span.ts';
import { toLogRecord } from '../../src/record/log-record.ts';
import { TracedBatch } from '../../src/record/traced-batch.ts';
import { exampleRecord } from '../output/example-record.ts';
import { batchOf } from './record-batch.ts';

test('ids are those of the uid, for ever: a resend, and another version, link to the same span', () => {
  assert.deepEqual(spanIdsOf('boot-load-1-7'), {
    traceId: '731923700bb58a2e9485e6d6e2a33c22',
    spanId: '376e2ad9ea305674',
  });
});

test('ids are valid and differ from uid to uid', () => {
  const ids = Array.from({ length: 5000 }, (_, sequence) => spanIdsOf(`boot-load-0-${sequence}`));
  for (const id of ids) assert.ok(isSpanContextValid({ ...id, traceFlags: TraceFlags.NONE }), JSON.stringify(id));
  assert.equal(new Set(ids.map(({ traceId }) => traceId)).size, ids.length);
  assert.equal(new Set(ids.map(({ spanId }) => spanId)).size, ids.length);
});

test('a span begins when the connection was queued, to the nanosecond; where that is unknown it has no beginning', () => {
  const acceptedUnixNs = 1_700_000_000_123_456_789n;
  assert.equal(
    queuedUnixNs(exampleRecord({ acceptedUnixNs, queueDurationNs: 300_000_001n })),
    1_699_999_999_823_456_788n,
  );
  assert.equal(queuedUnixNs(exampleRecord({ queueDurationNs: undefined })), undefined);
});

test('a log record has the ids of the span that is exported of it, and else no context at all', () => {
  const span = spanIdsOf('boot-load-1-7');
  const { context = ROOT_CONTEXT } = toLogRecord('accepted', { ...exampleRecord(), span });
  assert.deepEqual(trace.getSpanContext(context), { ...span, traceFlags: TraceFlags.SAMPLED });
  assert.equal(toLogRecord('accepted', exampleRecord()).context, ROOT_CONTEXT);
});

test('of a batch those have a span that were given one, whichever way they are looked at', () => {
  const records = [1n, 2n, 3n].map((sequence) => ({ ...exampleRecord({ sequence }), uid: `boot-load-1-${sequence}` }));
  const batch = batchOf(records);
  const spans = [spanIdsOf('a'), undefined, spanIdsOf('c')];
  const traced = new TracedBatch(batch, spans);
  assert.equal(traced.count, 3);
  assert.deepEqual(
    traced.records.map(({ span }) => span),
    spans,
  );
  for (const [index, record] of batch.records.entries()) {
    const { uid, uidPrefix, process, connection, span } = traced.view(index);
    assert.deepEqual({ uid, process, span }, { uid: record.uid, process: record.process, span: spans[index] });
    assert.ok(uid.startsWith(uidPrefix));
    assert.equal(connection.sequence, record.connection.sequence);
  }
});

test('the kind is the one of the API', () => {
  assert.equal(ACCEPT_SPAN.kind, SpanKind.INTERNAL);
});
