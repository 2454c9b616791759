import type { NativeBinding, NativeSession } from './binding.ts';
import type { EndBatch } from './connection-end.ts';
import { decodeEnds } from './decode-ends.ts';
import { END_BYTES } from './end-layout.ts';

/** Ends one look takes at most, as many as a batch has accepts. */
const BATCH_ENDS = 128;

export interface EndReaderParts {
  readonly native: Pick<NativeBinding, 'readClock'>;
  readonly session: Pick<NativeSession, 'drainEnds'>;
  /** Accepts in their ring that were not read, also those that are still being written. */
  readonly waitingAccepts: () => number;
  /** Must not throw. */
  readonly onEnds: (batch: EndBatch) => void;
}

/**
 * Hands over ends of connections, each after its accept: an accept takes its place in the ring before it is remembered,
 * so ends wait until all that stood there when they were read has been handed over.
 */
export class EndReader {
  readonly #parts: EndReaderParts;
  readonly #buffer = new Uint8Array(BATCH_ENDS * END_BYTES);
  readonly #clock = new BigInt64Array(2);
  /** Ends in the buffer, and how many accepts must have been handed over before them. */
  #held = 0;
  #after = 0;

  constructor(parts: EndReaderParts) {
    this.#parts = parts;
  }

  /** Hands over what there is, when so many accepts were handed over; `true`: there is more at once. */
  look(handedOverAccepts: number): boolean {
    const { session, waitingAccepts } = this.#parts;
    if (this.#held === 0) {
      this.#held = session.drainEnds(this.#buffer);
      if (this.#held === 0) return false;
      this.#after = handedOverAccepts + waitingAccepts();
    }
    if (handedOverAccepts < this.#after) return true;
    const count = this.#held;
    this.#held = 0;
    this.#handOver(count);
    return count === BATCH_ENDS;
  }

  #handOver(count: number): void {
    this.#parts.native.readClock(this.#clock);
    const [bootToUnixNs = 0n, observedUnixNs = 0n] = this.#clock;
    this.#parts.onEnds(decodeEnds(this.#buffer, count, { bootToUnixNs, observedUnixNs }));
  }
}
