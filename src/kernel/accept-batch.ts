import type { AcceptBatch, AcceptedConnection } from './accepted-connection.ts';
import { type BatchClock, decodeRecords } from './decode.ts';

/** The records of one drain; decoded on the first look at `connections`, which must be during the call it is handed to. */
export class DrainedBatch implements AcceptBatch {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly observedUnixNs: bigint;
  readonly bootToUnixNs: bigint;
  #connections: readonly AcceptedConnection[] | undefined;

  constructor(bytes: Uint8Array, count: number, clock: BatchClock) {
    this.bytes = bytes;
    this.count = count;
    this.observedUnixNs = clock.observedUnixNs;
    this.bootToUnixNs = clock.bootToUnixNs;
  }

  get connections(): readonly AcceptedConnection[] {
    this.#connections ??= decodeRecords(this.bytes, this.count, this);
    return this.#connections;
  }
}
