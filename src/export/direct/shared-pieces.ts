import type { AcceptView } from '../../record/accept-record.ts';
import type { Shortcut } from '../../record/attributes.ts';

export type Sharing = NonNullable<Shortcut['sharedBy']>;

/** What is encoded once for all accepts of one thread, or of one local address. */
interface Entry<Pieces> {
  readonly key: Uint32Array;
  readonly process: AcceptView['process'];
  readonly pieces: Pieces;
}

/** Threads and local addresses remembered, each with about 1 KB; when there are more, all are forgotten. */
const CAPACITY = 4096;

/** Encoded pieces by what they were made of: a record with the same bytes there gets the same pieces. */
export class SharedPieces<Pieces> {
  readonly #sharing: Sharing;
  readonly #make: (accept: AcceptView) => Pieces;
  readonly #entries = new Map<number, Entry<Pieces>>();
  /** Of the record before, which is most often the one asked for. */
  #last: Entry<Pieces> | undefined;

  constructor(sharing: Sharing, make: (accept: AcceptView) => Pieces) {
    this.#sharing = sharing;
    this.#make = make;
  }

  of(accept: AcceptView): Pieces {
    if (this.#last && this.#fits(this.#last, accept)) return this.#last.pieces;
    const hash = this.#sharing === 'task' ? accept.connection.tid : accept.connection.listenerHash;
    let entry = this.#entries.get(hash);
    if (!entry || !this.#fits(entry, accept)) {
      entry = this.#entry(accept);
      if (this.#entries.size >= CAPACITY) this.#entries.clear();
      this.#entries.set(hash, entry);
    }
    this.#last = entry;
    return entry.pieces;
  }

  #fits({ key, process }: Entry<Pieces>, { connection, process: itsProcess }: AcceptView): boolean {
    if (this.#sharing === 'listener') return connection.hasListener(key);
    return process === itsProcess && connection.hasTask(key);
  }

  #entry(accept: AcceptView): Entry<Pieces> {
    const { connection, process } = accept;
    const key = this.#sharing === 'task' ? connection.task : connection.listener;
    return { key, process, pieces: this.#make(accept) };
  }
}
