import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { type BatchedRequest, RequestBatcher } from '../../src/export/request-batcher.ts';
import type { EncodedRequest } from '../../src/export/transport/encoded-request.ts';
import { Ledger } from '../../src/ledger.ts';
import type { RecordBatch } from '../../src/record/accept-record.ts';
import { exampleRecord } from '../output/example-record.ts';
import { batchOf } from '../record/record-batch.ts';
import { encode, numberedRecords, numbersIn } from './transport/encode-records.ts';

/** Makes bodies of the peer ports of its records. */
class PortEncoder {
  #ports: number[] = [];

  get records(): number {
    return this.#ports.length;
  }

  add(_kind: string, record: unknown): void {
    this.#ports.push((record as ReturnType<typeof exampleRecord>).connection.peerPort);
  }

  addAccepts(batch: RecordBatch, from: number): number {
    this.#ports.push(batch.view(from).connection.peerPort);
    return 1;
  }

  take(): EncodedRequest {
    const body = Uint8Array.from(this.#ports);
    this.#ports = [];
    return { body, records: body.length };
  }
}

function batcherOf(batch: { maxExportBatchSize: number; scheduledDelayMillis: number }) {
  const ledger = new Ledger();
  const requests: number[][] = [];
  const arrived = Promise.withResolvers<void>();
  const onRequest = ({ body }: EncodedRequest) => {
    requests.push([...body]);
    arrived.resolve();
  };
  const batcher = new RequestBatcher({ encoder: new PortEncoder(), batch, ledger, onRequest });
  const add = (...ports: number[]) => {
    batcher.accept(batchOf(ports.map((peerPort) => exampleRecord({ peerPort }))));
  };
  return { add, batcher, ledger, requests, arrived: arrived.promise };
}

test('a full request goes out at once, in order; what is left is queued until it is flushed', () => {
  const { add, batcher, ledger, requests } = batcherOf({ maxExportBatchSize: 3, scheduledDelayMillis: 1_000_000 });
  add(1, 2);
  assert.deepEqual(requests, []);
  assert.equal(ledger.get('queued'), 2);
  add(3, 4, 5, 6, 7);
  assert.deepEqual(requests, [
    [1, 2, 3],
    [4, 5, 6],
  ]);
  assert.equal(ledger.get('queued'), 1);
  batcher.flush();
  batcher.flush();
  assert.deepEqual(requests.at(-1), [7]);
  assert.equal(requests.length, 3);
  assert.equal(ledger.get('queued'), 0);
});

test('what is not full goes out after the delay', { timeout: 10_000 }, async () => {
  const { add, requests, arrived } = batcherOf({ maxExportBatchSize: 3, scheduledDelayMillis: 1 });
  add(1);
  add(2);
  await arrived;
  assert.deepEqual(requests, [[1, 2]]);
});

test('no request is larger than 512 KiB, with an encoder that knows its size and with one that does not', () => {
  const records = Array.from({ length: 400 }, (_, number) => `[record ${number}] `.padEnd(3000, '.'));
  for (const knowsBytes of [true, false]) {
    const waiting: ReadableLogRecord[] = [];
    let bytes = 0;
    const encoder = {
      get records() {
        return waiting.length;
      },
      ...(knowsBytes && {
        get bytes() {
          return bytes;
        },
      }),
      add: () => {},
      addAccepts: () => {
        const body = records[made++] ?? '';
        bytes += body.length + 200;
        waiting.push(...numberedRecords(0, 1).map((record) => ({ ...record, body })));
        return 1;
      },
      take: () => {
        bytes = 0;
        const taken = waiting.splice(0);
        return { body: encode(taken), records: taken.length };
      },
    };
    let made = 0;
    const requests: BatchedRequest[] = [];
    const batcher = new RequestBatcher({
      encoder,
      batch: { maxExportBatchSize: 400, scheduledDelayMillis: 1_000_000 },
      ledger: new Ledger(),
      onRequest: (request) => requests.push(request),
    });
    batcher.accept(batchOf(records.map((_, index) => exampleRecord({ peerPort: index + 1 }))));
    batcher.flush();
    assert.ok(requests.every(({ body }) => body.length <= 512 * 1024));
    assert.ok(requests.length >= 4 && requests.length <= 8, `${requests.length} requests`);
    assert.deepEqual(
      requests.flatMap(({ body }) => numbersIn(body)),
      records.map((_, number) => number),
    );
    // Nothing is said to be complete before its last part.
    assert.equal(
      requests.reduce((sum, { accepted }) => sum + accepted, 0),
      400,
    );
    let [passed, accepted] = [0, 0];
    for (const request of requests) {
      passed += request.records;
      accepted += request.accepted;
      assert.ok(accepted <= passed);
    }
  }
});
