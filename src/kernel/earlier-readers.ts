import type { KernelCounts } from './accept-tracer.ts';
import type { NativeSession } from './binding.ts';
import {
  NOTED,
  NOTES_LENGTH,
  type NotedCounts,
  noted,
  type ReaderNotes,
  readNotes,
  writeNotes,
} from './reader-notes.ts';

/** Of the words of `NativeSession.origin`. */
const ORIGIN_LENGTH = 4;

/** Where a session's earlier readers had got to, and word to those that come later; without pins there are neither. */
export class EarlierReaders {
  /** Whether there were any: the session was found pinned. */
  readonly were: boolean;
  /** When the sequences of the records began, `CLOCK_MONOTONIC`. */
  readonly loadedMonotonicNs: bigint;
  /** What they left. */
  readonly notes: ReaderNotes;
  readonly #session: NativeSession;
  readonly #released: number;
  readonly #summarized: number;
  #current: ReaderNotes;

  constructor(session: NativeSession) {
    const origin = new BigUint64Array(ORIGIN_LENGTH);
    session.origin(origin);
    const [found, loadedMonotonicNs = 0n, released, summarized] = origin;
    this.were = found === 1n;
    this.loadedMonotonicNs = loadedMonotonicNs;
    this.#released = Number(released);
    this.#summarized = Number(summarized);
    const words = new BigUint64Array(NOTES_LENGTH);
    session.readNotes(words);
    this.notes = readNotes(words);
    this.#session = session;
    this.#current = this.notes;
  }

  /** What is not theirs of all that was ever counted: what they did not release from the ring, take out of summaries, or tell of. */
  without(all: KernelCounts): KernelCounts {
    const { told } = this.notes;
    const counts = {
      ...all,
      submitted: all.submitted - this.#released,
      aggregated: all.aggregated - this.#summarized,
    };
    for (const name of NOTED) counts[name] -= told[name];
    return { ...counts, seen: all.seen - this.#released - this.#summarized - noted(told) };
  }

  /** Leaves word that the losses among `counts`, which are ours, are about to be told of. */
  noteTelling(counts: KernelCounts): void {
    const { told } = this.notes;
    const telling = Object.fromEntries(NOTED.map((name) => [name, told[name] + counts[name]])) as NotedCounts;
    this.#keep({ ...this.#current, telling });
  }

  /** Leaves word that they were told of. */
  noteTold(toldUnixNs: bigint): void {
    this.#keep({ ...this.#current, told: this.#current.telling, toldUnixNs });
  }

  #keep(notes: ReaderNotes): void {
    this.#current = notes;
    this.#session.writeNotes(writeNotes(notes));
  }
}
