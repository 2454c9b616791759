import type { NativeAcceptEncoder } from '../../kernel/binding.ts';
import type { AcceptView, RecordBatch } from '../../record/accept-record.ts';
import { planOf } from './accept-plan.ts';
import type { ByteWriter } from './byte-writer.ts';
import { RecordFrame } from './record-frame.ts';
import { spanBytesOf } from './span-bytes.ts';

/** What a plan was made of beside the kernel's record, and the batch for which that was last compared. */
interface Entry extends Pick<AcceptView, 'process' | 'uidPrefix'> {
  batch: number;
}

/** Plans remembered, each of some two KB; once there are more, all are forgotten. */
const CAPACITY = 4096;

/** Of any request: what a 32-bit number holds. */
const MOST_BYTES = 2 ** 32 - 1;

/**
 * Encodes accepts, whole, from where they lie in their batch, in the order of the attribute table.
 *
 * What a thread's accepts on a local address share is encoded once, as a plan, which says where the rest lies in the
 * kernel's record; the addon carries it out. In one batch, what has the same `SharedFields` is of the same process.
 */
export class AcceptEncoder {
  readonly #native: NativeAcceptEncoder;
  readonly #frame = new RecordFrame('accepted');
  readonly #clock = new BigUint64Array(2);
  readonly #progress = new Uint32Array(4);
  /** By the number of the plan. */
  #entries: (Entry | undefined)[] = [];
  #batches = 0;
  /** Of the batch that is being encoded: each record's plan, what any of them takes at most, and spans. */
  #plans = new Uint32Array();
  #mostBytes = 0;
  #spans: Uint8Array | undefined;

  constructor(native: NativeAcceptEncoder) {
    this.#native = native;
  }

  /** Encodes records of the batch from this one on until `out` has so many bytes, but no more than `count`; returns how many. */
  encode(out: ByteWriter, batch: RecordBatch, from: number, count: number, stopBytes: number): number {
    const { connection } = batch.view(from);
    if (from === 0) this.#begin(batch);
    const progress = this.#progress;
    progress[0] = from;
    progress[1] = from + count;
    progress[3] = Math.min(stopBytes, MOST_BYTES);
    do {
      const bytes = out.room(this.#mostBytes);
      progress[2] = out.length;
      this.#native.encode(connection.bytes, this.#plans, this.#clock, this.#spans, bytes, progress);
      out.length = progress[2];
    } while (progress[0] < from + count && out.length < stopBytes);
    return progress[0] - from;
  }

  #begin(batch: RecordBatch): void {
    const { connection } = batch.view(0);
    if (this.#entries.length > CAPACITY) this.#forget();
    if (this.#plans.length < batch.count) this.#plans = new Uint32Array(batch.count);
    this.#clock[0] = connection.bootToUnixNs;
    this.#clock[1] = connection.observedUnixNs;
    this.#spans = batch.spans && spanBytesOf(batch.spans);
    this.#native.find(connection.bytes, 0, batch.count, this.#plans);
    this.#batches++;
    this.#mostBytes = 0;
    let last = 0;
    for (let index = 0; index < batch.count; index++) {
      const number = this.#plans[index] ?? 0;
      if (number === 0 || number !== last) last = this.#check(batch.view(index), index, number);
    }
  }

  /** Sees to it that the record's plan is of its process; returns the plan's number. */
  #check(accept: AcceptView, index: number, found: number): number {
    // Of a plan made since for a record before this one nobody told.
    if (found === 0) this.#native.find(accept.connection.bytes, index, index + 1, this.#plans);
    let number = this.#plans[index] ?? 0;
    const entry = this.#entries[number];
    if (entry?.batch === this.#batches) return number;
    const { process, uidPrefix } = accept;
    if (entry && entry.process === process && entry.uidPrefix === uidPrefix) {
      entry.batch = this.#batches;
    } else {
      const plan = planOf(accept, this.#frame);
      number = this.#native.setPlan(accept.connection.bytes, index, plan.steps, plan.literals);
      this.#plans[index] = number;
      this.#entries[number] = { process, uidPrefix, batch: this.#batches };
    }
    this.#mostBytes = Math.max(this.#mostBytes, this.#native.mostBytes(number));
    return number;
  }

  #forget(): void {
    this.#native.clear();
    this.#entries = [];
  }
}
