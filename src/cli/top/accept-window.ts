import type { AcceptedConnection } from '../../kernel/accepted-connection.ts';
import { WaitHistogram } from './wait-histogram.ts';

/** Peers told apart for one place in one window; the others only count. */
const MOST_PEERS = 1000;
/** Places told apart in one window; what is accepted elsewhere is only in the total. */
const MOST_PLACES = 10_000;

/** Where connections are accepted: one row of the screen. */
export interface Place {
  readonly networkNamespace: number;
  readonly localAddress: string;
  readonly localPort: number;
}

/** What was accepted at one place in one window. */
export class PlaceAccepts {
  readonly place: Place;
  readonly waits = new WaitHistogram();
  readonly pids = new Map<number, { readonly comm: string; count: number }>();
  readonly #peers = new Map<string, number>();
  count = 0;

  constructor({ networkNamespace, localAddress, localPort }: Place) {
    this.place = { networkNamespace, localAddress, localPort };
  }

  add({ pid, comm, peerAddress, queueDurationNs }: AcceptedConnection): void {
    this.count++;
    if (queueDurationNs !== undefined) this.waits.add(Number(queueDurationNs));
    this.#addProcess(pid, comm, 1);
    this.#addPeer(peerAddress, 1);
  }

  /** Adds what was accepted at another address of the same listener. */
  absorb(other: PlaceAccepts): void {
    this.count += other.count;
    this.waits.absorb(other.waits);
    for (const [pid, { comm, count }] of other.pids) this.#addProcess(pid, comm, count);
    for (const [address, count] of other.#peers) this.#addPeer(address, count);
  }

  /** How many peers there were, at most 1,000, and the one that connected most. */
  get peers(): { readonly count: number; readonly top: string | undefined } {
    let top: string | undefined;
    let most = 0;
    for (const [address, count] of this.#peers) {
      if (count <= most) continue;
      top = address;
      most = count;
    }
    return { count: this.#peers.size, top };
  }

  #addProcess(pid: number, comm: string, count: number): void {
    const process = this.pids.get(pid);
    if (process) process.count += count;
    else this.pids.set(pid, { comm, count });
  }

  #addPeer(address: string, count: number): void {
    const known = this.#peers.get(address);
    if (known !== undefined || this.#peers.size < MOST_PEERS) this.#peers.set(address, (known ?? 0) + count);
  }
}

/** What was accepted since the last look, by place. */
export class AcceptWindow {
  readonly places = new Map<string, PlaceAccepts>();
  count = 0;

  add(connections: readonly AcceptedConnection[]): void {
    for (const connection of connections) {
      this.count++;
      const key = keyOf(connection);
      let accepts = this.places.get(key);
      if (!accepts) {
        if (this.places.size >= MOST_PLACES) continue;
        accepts = new PlaceAccepts(connection);
        this.places.set(key, accepts);
      }
      accepts.add(connection);
    }
  }
}

/** The same for the same place. */
export function keyOf({ networkNamespace, localAddress, localPort }: Place): string {
  return `${networkNamespace} ${localPort} ${localAddress}`;
}
