import type { AcceptBatch } from './accepted-connection.ts';
import type { CloseCause, ClosedBy } from './close-cause.ts';

/** How an accepted connection ended, as the kernel saw it, decoded. Sizes are bytes of its streams, FINs not counted. */
export interface ConnectionEnd {
  /** When its socket changed to CLOSE, wall clock. */
  readonly closedUnixNs: bigint;
  /** The same, `CLOCK_BOOTTIME`. */
  readonly closedBootNs: bigint;
  readonly receivedBytes: number;
  /** Each byte once, however often it was sent. */
  readonly sentBytes: number;
  /** Of those, what the client acknowledged. */
  readonly acknowledgedBytes: number;
  /** As the kernel counts segments, in 32 bits; those without data included. */
  readonly receivedSegments: number;
  readonly sentSegments: number;
  readonly retransmittedSegments: number;
  /** Smoothed; `undefined` when there was no sample. */
  readonly rttUs: number | undefined;
  readonly closedBy: ClosedBy;
  readonly closeCause: CloseCause;
}

/** What one look at the ring of ends brought. */
export interface EndBatch {
  /** The records of their accepts, once more and in the same order. */
  readonly accepts: AcceptBatch;
  readonly ends: readonly ConnectionEnd[];
}
