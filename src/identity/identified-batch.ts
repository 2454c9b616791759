import type { AcceptBatch, AcceptedConnection } from '../kernel/accepted-connection.ts';
import type { RecordView } from '../kernel/record-view.ts';
import type { ProcessLookup } from './process-cache.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** One accept with who it was and what it is called. */
export interface IdentifiedAccept {
  readonly connection: AcceptedConnection;
  /** `undefined` where the process was gone before it could be looked at. */
  readonly process: ProcessIdentity | undefined;
  /** `<boot id>-<load time>-<CPU>-<sequence>`: the same whenever this accept is read, and no other accept's. */
  readonly uid: string;
}

/** The accepts of a batch in its order, each identified when somebody looks, once. */
export class IdentifiedBatch {
  readonly count: number;
  readonly #batch: AcceptBatch;
  readonly #view: IdentifiedView;
  #records: readonly IdentifiedAccept[] | undefined;

  constructor(batch: AcceptBatch, cache: ProcessLookup, uidPrefix: string) {
    this.count = batch.count;
    this.#batch = batch;
    this.#view = new IdentifiedView(batch.view, cache, uidPrefix);
  }

  /** The accept of this number, from 0, as it lies in the batch: it is gone at the next call. */
  view(index: number): IdentifiedView {
    this.#view.moveTo(index);
    return this.#view;
  }

  /** All of them decoded, on the first look. */
  get records(): readonly IdentifiedAccept[] {
    this.#records ??= this.#batch.connections.map((connection, index) => {
      const { process, uid } = this.view(index);
      return { connection, process, uid };
    });
    return this.#records;
  }
}

/** One accept as it lies in its batch. */
export class IdentifiedView implements IdentifiedAccept {
  readonly connection: RecordView;
  readonly uidPrefix: string;
  readonly #cache: ProcessLookup;
  #process: ProcessIdentity | undefined;
  #isIdentified = false;

  constructor(connection: RecordView, cache: ProcessLookup, uidPrefix: string) {
    this.connection = connection;
    this.uidPrefix = uidPrefix;
    this.#cache = cache;
  }

  moveTo(index: number): void {
    this.connection.moveTo(index);
    this.#isIdentified = false;
  }

  get process(): ProcessIdentity | undefined {
    if (!this.#isIdentified) {
      this.#process = this.#cache.identify(this.connection);
      this.#isIdentified = true;
    }
    return this.#process;
  }

  get uid(): string {
    return `${this.uidPrefix}${this.connection.cpu}-${this.connection.sequence}`;
  }
}
