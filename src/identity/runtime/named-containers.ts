import type { ContainerFacts, ContainerLookup } from './container-facts.ts';
import { type RuntimeClient, RuntimeFailure } from './runtime-client.ts';

export interface NamedContainersOptions {
  readonly clients: readonly RuntimeClient[];
  /** What they knew at the start. */
  readonly known?: Iterable<readonly [string, ContainerFacts]>;
  readonly warn: (cause: string, text: string) => void;
  /** Containers remembered; default 4096, about 2 MB. */
  readonly capacity?: number;
  /** How long a runtime that is away is left alone; default 5 s. */
  readonly retryMillis?: number;
}

/** Questions under way at once. */
const MOST_ASKED = 4;
/** Ids that wait to be asked for; what comes beyond is asked for when another of its processes is met. */
const MOST_WAITING = 1024;
/** What docker and CRI call a container; they would take shorter texts for names or beginnings. */
const ID = /^[0-9a-f]{64}$/;

/**
 * Names and images of containers, asked of their runtimes in the background: once for each container.
 *
 * The accepts of a container that started after the tracer have no names until the answer is there, some milliseconds
 * after the first of them. An answer is kept, also that nobody knows the container; where a runtime is away, that is
 * warned of once and asked again, until it is back. A container that is renamed keeps its old name here.
 */
export class NamedContainers implements ContainerLookup {
  onLearnt: ContainerLookup['onLearnt'];
  readonly #clients: readonly RuntimeClient[];
  readonly #warn: NamedContainersOptions['warn'];
  readonly #capacity: number;
  readonly #retryMillis: number;
  /** The one learnt first first; `undefined`: nobody knows it. */
  readonly #known: Map<string, ContainerFacts | undefined>;
  readonly #waiting = new Set<string>();
  readonly #asked = new Set<string>();
  readonly #away = new Set<RuntimeClient>();
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor({ clients, known = [], warn, capacity = 4096, retryMillis = 5000 }: NamedContainersOptions) {
    this.#clients = clients;
    this.#warn = warn;
    this.#capacity = capacity;
    this.#retryMillis = retryMillis;
    this.#known = new Map(known);
  }

  factsOf(containerId: string): ContainerFacts | undefined {
    const facts = this.#known.get(containerId);
    if (facts === undefined && !this.#known.has(containerId) && ID.test(containerId)) this.#want(containerId);
    return facts;
  }

  /** Asks no more; answers under way are let go of. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    for (const client of this.#clients) client.close();
  }

  #want(containerId: string): void {
    if (this.#isClosed || this.#waiting.size >= MOST_WAITING || this.#asked.has(containerId)) return;
    this.#waiting.add(containerId);
    if (this.#retry === undefined) this.#askNext();
  }

  #askNext(): void {
    for (const containerId of this.#waiting) {
      if (this.#isClosed || this.#asked.size >= MOST_ASKED) return;
      this.#waiting.delete(containerId);
      this.#asked.add(containerId);
      void this.#ask(containerId).then(() => {
        this.#asked.delete(containerId);
        if (this.#retry === undefined) this.#askNext();
      });
    }
  }

  /** Never rejects. */
  async #ask(containerId: string): Promise<void> {
    let isAnybodyAway = false;
    for (const client of this.#clients) {
      try {
        const facts = await client.find(containerId);
        this.#away.delete(client);
        if (facts) return this.#learn(containerId, facts);
      } catch (thrown) {
        isAnybodyAway = this.#explain(client, thrown) || isAnybodyAway;
      }
    }
    if (!isAnybodyAway) this.#remember(containerId, undefined);
    else this.#askAgainLater(containerId);
  }

  /** Says whether it may have an answer later. */
  #explain(client: RuntimeClient, thrown: unknown): boolean {
    if (this.#isClosed) return false;
    const isAway = thrown instanceof RuntimeFailure && thrown.isAway;
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    if (!isAway) this.#warn('container-answer', `a container stays without names: ${text}`);
    else if (!this.#away.has(client)) {
      this.#away.add(client);
      this.#warn('container-runtime', `containers not known yet stay without names until it is back: ${text}`);
    }
    return isAway;
  }

  #askAgainLater(containerId: string): void {
    if (this.#isClosed) return;
    if (this.#waiting.size < MOST_WAITING) this.#waiting.add(containerId);
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      this.#askNext();
    }, this.#retryMillis).unref();
  }

  #learn(containerId: string, facts: ContainerFacts): void {
    if (this.#isClosed) return;
    this.#remember(containerId, facts);
    this.onLearnt?.(containerId, facts);
  }

  #remember(containerId: string, facts: ContainerFacts | undefined): void {
    this.#known.set(containerId, facts);
    if (this.#known.size <= this.#capacity) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}
