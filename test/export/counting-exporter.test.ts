import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { LogRecordExporter, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { type BatchFate, CountingExporter } from '../../src/export/counting-exporter.ts';
import { readOtlpEnvironment } from '../../src/export/otlp-environment.ts';
import { RecordFates } from '../../src/export/record-fates.ts';
import { ResponseNotes } from '../../src/export/response-notes.ts';
import { Ledger } from '../../src/ledger.ts';

/** An exporter that keeps every callback, to be called when a test wants. */
class SlowExporter implements LogRecordExporter {
  readonly callBacks: ((result: ExportResult) => void)[] = [];
  export(_: ReadableLogRecord[], callBack: (result: ExportResult) => void): void {
    this.callBacks.push(callBack);
  }
  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

const TWO: ReadableLogRecord[] = new Array(2);
const SUCCESS = { code: ExportResultCode.SUCCESS };

function counting(exporter: LogRecordExporter) {
  const fates: BatchFate[] = [];
  const results: ExportResult[] = [];
  const counter = new CountingExporter({ exporter, notes: new ResponseNotes() }, (fate) => fates.push(fate));
  return { counter, fates, results, callBack: (result: ExportResult) => void results.push(result) };
}

test('a batch has one fate, told when the exporter knows it and only then', () => {
  const exporter = new SlowExporter();
  const { counter, fates, results, callBack } = counting(exporter);
  counter.export(TWO, callBack);
  assert.deepEqual(fates, []);
  exporter.callBacks[0]?.(SUCCESS);
  exporter.callBacks[0]?.({ code: ExportResultCode.FAILED });
  assert.deepEqual(
    fates.map(({ kind, count }) => ({ kind, count })),
    [{ kind: 'taken', count: 2 }],
  );
  assert.deepEqual(results, [SUCCESS]);
});

test('an exporter that throws has failed, whatever it throws', () => {
  for (const thrown of [new Error('broken'), 'broken']) {
    const exporter = new SlowExporter();
    exporter.export = () => {
      throw thrown;
    };
    const { counter, fates, results, callBack } = counting(exporter);
    counter.export(TWO, callBack);
    assert.deepEqual(
      fates.map(({ accepts, ...fate }) => fate),
      [{ kind: 'failed', count: 2, error: new Error('broken') }],
    );
    assert.equal(results[0]?.code, ExportResultCode.FAILED);
  }
});

test('once abandoned nothing more is sent, and every batch fails', () => {
  const exporter = new SlowExporter();
  const { counter, fates, callBack } = counting(exporter);
  counter.abandon();
  counter.export(TWO, callBack);
  assert.equal(exporter.callBacks.length, 0);
  assert.deepEqual(
    fates.map(({ kind }) => kind),
    ['failed'],
  );
});

test('a fate told after the end moves nothing', () => {
  const ledger = new Ledger();
  const fates = new RecordFates(readOtlpEnvironment({}).settings, ledger, () => {});
  assert.equal(fates.admit(2), 2);
  fates.end();
  fates.settle({ kind: 'taken', count: 2, note: new ResponseNotes().take() });
  assert.equal(ledger.get('dropped'), 2);
  assert.equal(ledger.get('delivered'), 0);
  assert.equal(ledger.get('queued'), 0);
});
