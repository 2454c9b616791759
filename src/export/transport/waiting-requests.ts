import type { EncodedRequest } from './encoded-request.ts';

/** A request whose fate is open; times are milliseconds of one monotonic clock. */
export interface OpenRequest extends EncodedRequest {
  readonly offeredAt: number;
  /** Attempts so far. */
  tries: number;
  /** `undefined` before the first attempt. */
  firstTriedAt: number | undefined;
  /** It is not tried again before this. */
  notBefore: number;
}

const NEVER = Number.POSITIVE_INFINITY;

/** When a request is to be given up; of two never tried, the older one's comes first. */
export type ExpiresAt = (request: OpenRequest) => number;

/** The requests that are not under way: those never tried, in the order they came, and those to be tried again. */
export class WaitingRequests {
  #untried: OpenRequest[] = [];
  #tried: OpenRequest[] = [];

  get size(): number {
    return this.#untried.length + this.#tried.length;
  }

  add(request: OpenRequest): void {
    (request.tries === 0 ? this.#untried : this.#tried).push(request);
  }

  /** When `take` has something: minus infinity is now, infinity never. */
  get dueAt(): number {
    if (this.#untried.length > 0) return Number.NEGATIVE_INFINITY;
    return least(this.#tried, ({ notBefore }) => notBefore)?.notBefore ?? NEVER;
  }

  /**
   * Takes out what is to be sent at `now`, if there is anything: what is due to be tried again, then the oldest untried.
   *
   * For a probe the untried go first: one request that fails whenever it is tried must not hold up the others.
   */
  take(now: number, isProbe: boolean): OpenRequest | undefined {
    return isProbe ? (this.#untried.shift() ?? this.#takeDue(now)) : (this.#takeDue(now) ?? this.#untried.shift());
  }

  /** Takes out the oldest. */
  takeOldest(): OpenRequest | undefined {
    const oldest = least(this.#tried, ({ offeredAt }) => offeredAt);
    return oldest ? this.#takeTried(oldest) : this.#untried.shift();
  }

  /** Takes out what is to be given up at `now`. */
  takeExpired(now: number, expiresAt: ExpiresAt): OpenRequest[] {
    const isExpired = (request: OpenRequest) => expiresAt(request) <= now;
    const tried = this.#tried.filter(isExpired);
    if (tried.length > 0) this.#tried = this.#tried.filter((request) => !isExpired(request));
    const firstToStay = this.#untried.findIndex((request) => !isExpired(request));
    return [...tried, ...this.#untried.splice(0, firstToStay === -1 ? this.#untried.length : firstToStay)];
  }

  /** When `takeExpired` has something; infinity is never. */
  nextExpiry(expiresAt: ExpiresAt): number {
    const next = least([...this.#tried, ...this.#untried.slice(0, 1)], expiresAt);
    return next ? expiresAt(next) : NEVER;
  }

  /** Takes out everything. */
  takeAll(): OpenRequest[] {
    return [...this.#tried.splice(0), ...this.#untried.splice(0)];
  }

  /** Makes everything due. */
  hurry(): void {
    for (const request of this.#tried) request.notBefore = Number.NEGATIVE_INFINITY;
  }

  #takeDue(now: number): OpenRequest | undefined {
    const next = least(this.#tried, ({ notBefore }) => notBefore);
    return next && next.notBefore <= now ? this.#takeTried(next) : undefined;
  }

  #takeTried(request: OpenRequest): OpenRequest {
    this.#tried.splice(this.#tried.indexOf(request), 1);
    return request;
  }
}

/** The first of those with the least value. */
function least(requests: readonly OpenRequest[], value: (request: OpenRequest) => number): OpenRequest | undefined {
  return requests.reduce<OpenRequest | undefined>((a, b) => (a && value(a) <= value(b) ? a : b), undefined);
}
