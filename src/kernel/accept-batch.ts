import type { AcceptBatch, AcceptedConnection } from './accepted-connection.ts';
import { decodeRecords } from './decode.ts';
import { type BatchClock, RecordView } from './record-view.ts';

/** The records of one drain; decoded on the first look at `connections`, which must be during the call it is handed to. */
export class DrainedBatch implements AcceptBatch {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly observedUnixNs: bigint;
  readonly bootToUnixNs: bigint;
  readonly view: RecordView;
  #connections: readonly AcceptedConnection[] | undefined;

  constructor(bytes: Uint8Array, count: number, clock: BatchClock) {
    this.bytes = bytes;
    this.count = count;
    this.observedUnixNs = clock.observedUnixNs;
    this.bootToUnixNs = clock.bootToUnixNs;
    this.view = new RecordView(bytes, clock);
  }

  get connections(): readonly AcceptedConnection[] {
    this.#connections ??= decodeRecords(this.bytes, this.count, this);
    return this.#connections;
  }
}
