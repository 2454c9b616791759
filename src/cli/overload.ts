import type { AcceptTracer } from '../kernel/accept-tracer.ts';

/** How full the ring or the export is when the kernel begins to count instead of recording, and when that may end. */
const BEGIN_AT = 0.75;
const END_AT = 0.25;
/** From here there is no room for summaries either: the kernel, which always has some, keeps them meanwhile. */
const NO_ROOM_AT = 0.9;
/** The shortest overload; twice as long each time that it comes back within QUIET_MILLIS, up to the longest. */
const SHORTEST_MILLIS = 5000;
const LONGEST_MILLIS = 60_000;
const QUIET_MILLIS = 30_000;

export interface OverloadParts {
  readonly tracer: Pick<AcceptTracer, 'ringFill' | 'setOverloaded' | 'counts'>;
  /** How full the export is, its spool or its queue, 0 to 1. */
  readonly lanePressure: () => number;
  readonly warn: (cause: string, text: string) => void;
  /** Milliseconds, for tests. */
  readonly now?: () => number;
}

/**
 * Decides in mode `auto` whether accepts are recorded or counted: by how full the ring and the export are.
 *
 * Being wrong costs detail, never a count: what finds the ring full is counted whatever is decided here.
 */
export class Overload {
  readonly #parts: OverloadParts;
  readonly #now: () => number;
  #began: number | undefined;
  #ended = Number.NEGATIVE_INFINITY;
  #leastMillis = SHORTEST_MILLIS;
  #aggregatedBefore = 0;

  constructor(parts: OverloadParts) {
    this.#parts = parts;
    this.#now = parts.now ?? (() => performance.now());
  }

  /** Called before every look at the ring. */
  look(): void {
    const ring = this.#parts.tracer.ringFill();
    const lane = this.#parts.lanePressure();
    const pressure = Math.max(ring, lane);
    if (this.#began === undefined) {
      if (pressure >= BEGIN_AT) this.#begin(ring >= lane ? 'the ring' : 'the export', pressure);
    } else if (pressure <= END_AT && this.#now() - this.#began >= this.#leastMillis) {
      this.#end(this.#began);
    }
  }

  /** Whether summaries can be taken now. */
  hasRoom(): boolean {
    return this.#parts.lanePressure() < NO_ROOM_AT;
  }

  #begin(what: string, pressure: number): void {
    const { tracer, warn } = this.#parts;
    this.#began = this.#now();
    const cameBack = this.#began - this.#ended < QUIET_MILLIS;
    this.#leastMillis = cameBack ? Math.min(2 * this.#leastMillis, LONGEST_MILLIS) : SHORTEST_MILLIS;
    tracer.setOverloaded(true);
    this.#aggregatedBefore = tracer.counts().aggregated;
    const full = `${what} is ${Math.round(100 * pressure)}% full`;
    warn(
      'overload-begin',
      `overload: ${full}; accepts are counted in summaries, without a record of their own, for now`,
    );
  }

  #end(began: number): void {
    const { tracer, warn } = this.#parts;
    this.#began = undefined;
    this.#ended = this.#now();
    tracer.setOverloaded(false);
    const count = tracer.counts().aggregated - this.#aggregatedBefore;
    const lasted = `${((this.#ended - began) / 1000).toFixed(1)} s`;
    warn('overload-end', `overload over after ${lasted}: ${count} accepts were counted in summaries; records again`);
  }
}
