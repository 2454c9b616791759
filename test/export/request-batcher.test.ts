import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestBatcher } from '../../src/export/request-batcher.ts';
import type { EncodedRequest } from '../../src/export/transport/encoded-request.ts';
import { Ledger } from '../../src/ledger.ts';
import type { AcceptView } from '../../src/record/accept-record.ts';
import { exampleRecord } from '../output/example-record.ts';
import { batchOf } from '../record/record-batch.ts';

/** Makes bodies of the peer ports of its records. */
class PortEncoder {
  #ports: number[] = [];

  get records(): number {
    return this.#ports.length;
  }

  add(_kind: string, record: unknown): void {
    this.#ports.push((record as ReturnType<typeof exampleRecord>).connection.peerPort);
  }

  addAccept({ connection }: AcceptView): void {
    this.#ports.push(connection.peerPort);
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
