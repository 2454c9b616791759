import type { RetryDelay } from './retry-policy.ts';

/**
 * Whether the endpoint takes anything at all, as far as its last answers tell, and when to try it next.
 *
 * All times are milliseconds of one monotonic clock.
 */
export class EndpointGate {
  readonly #retryDelay: RetryDelay;
  #failures = 0;
  #failedAt = Number.NEGATIVE_INFINITY;
  #backoffUntil = Number.NEGATIVE_INFINITY;
  #askedUntil = Number.NEGATIVE_INFINITY;
  #answeredAt = Number.NEGATIVE_INFINITY;

  constructor(retryDelay: RetryDelay) {
    this.#retryDelay = retryDelay;
  }

  /** Its last word was to come back later, or it said nothing. One request at a time is then enough to find out. */
  get isInTrouble(): boolean {
    return this.#failures > 0;
  }

  /** Nothing is to be sent before this. */
  get opensAt(): number {
    return Math.max(this.#backoffUntil, this.#askedUntil);
  }

  /** When it last took or refused something for good. */
  get answeredAt(): number {
    return this.#answeredAt;
  }

  /** It took a request, or refused it for good. */
  answered(now: number): void {
    this.#failures = 0;
    this.#answeredAt = now;
  }

  /** It did not take the request sent at `sentAt`, which may be tried again. */
  failed(sentAt: number, now: number, askedMillis: number | undefined): void {
    // Requests that were under way together fail together: that is one failure.
    const isNews = !this.isInTrouble || sentAt >= this.#failedAt;
    if (isNews) {
      this.#failures++;
      this.#failedAt = now;
    }
    const opensAt = now + this.#retryDelay(this.#failures, askedMillis);
    if (askedMillis !== undefined) this.#askedUntil = Math.max(this.#askedUntil, opensAt);
    else if (isNews) this.#backoffUntil = opensAt;
  }

  /** Forgets what it concluded by itself, but not what the server asked for. */
  hurry(): void {
    this.#failures = 0;
    this.#backoffUntil = Number.NEGATIVE_INFINITY;
  }
}
