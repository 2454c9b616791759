import { MOST_INTEGER } from '../environment-values.ts';
import type { EncodedRequest } from './encoded-request.ts';
import { EndpointGate } from './endpoint-gate.ts';
import type { OtlpTransport } from './otlp-transport.ts';
import { RequestFates, type RequestFatesParts } from './request-fates.ts';
import { type RetryDelay, retryDelay } from './retry-policy.ts';
import type { SendOutcome } from './send-outcome.ts';
import { split } from './split-request.ts';
import { type OpenRequest, WaitingRequests } from './waiting-requests.ts';

/** Some 30,000 records: with this many and all else the process stays under 160 MiB. */
export const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;
export const DEFAULT_MAX_IN_FLIGHT = 4;

const NEVER = Number.POSITIVE_INFINITY;

export interface SendingQueueParts extends Pick<RequestFatesParts, 'settings' | 'ledger' | 'warn'> {
  /** Closed with the queue. */
  readonly transport: Pick<OtlpTransport, 'send' | 'close'>;
  /** For how long a request is tried, from its first attempt; and how long one waits for its first while others fail. */
  readonly giveUpAfterMillis: () => number;
  /**
   * Takes over what the queue gives up, and counts it from there, in the same call; must not throw. Without it that
   * counts as dropped.
   */
  readonly onGivenUp?: (request: EncodedRequest) => void;
  readonly onSettled?: RequestFatesParts['onSettled'];
  readonly onParted?: RequestFatesParts['onParted'];
  /** Told after every attempt, when what came of it is counted; must not throw. */
  readonly onAttempt?: () => void;
  /** Of all bodies, waiting or under way. Default: 16 MiB. */
  readonly maxBytes?: number;
  /** Default: 4. */
  readonly maxInFlight?: number;
  /** Default: the retry policy with `Math.random`. */
  readonly retryDelay?: RetryDelay;
}

/**
 * Delivers encoded requests, several at once, and again where OTLP says so; counts each record once: `queued` from the
 * offer on, then delivered, rejected or dropped, or handed to `onGivenUp`.
 *
 * First attempts begin in the order of the offers. While the endpoint fails, one request at a time probes it. A full
 * queue drops what is offered; with `onGivenUp` it gives up its oldest waiting requests instead.
 */
export class SendingQueue {
  readonly #transport: SendingQueueParts['transport'];
  readonly #giveUpAfterMillis: () => number;
  readonly #onAttempt: SendingQueueParts['onAttempt'];
  readonly #maxInFlight: number;
  readonly #retryDelay: RetryDelay;
  readonly #gate: EndpointGate;
  readonly #fates: RequestFates;
  readonly #waiting = new WaitingRequests();
  readonly #inFlight = new Set<OpenRequest>();
  readonly #emptied = Promise.withResolvers<void>();
  #lastError = new Error('never tried');
  #timer: NodeJS.Timeout | undefined;
  /** On the clock of `performance.now()`; from closing on, nothing is taken any more. */
  #deadline: number | undefined;
  #closing: Promise<void> | undefined;
  #isOver = false;

  constructor(parts: SendingQueueParts) {
    const { maxBytes = DEFAULT_MAX_BYTES, maxInFlight = DEFAULT_MAX_IN_FLIGHT, onGivenUp } = parts;
    this.#transport = parts.transport;
    this.#giveUpAfterMillis = parts.giveUpAfterMillis;
    this.#onAttempt = parts.onAttempt;
    this.#maxInFlight = maxInFlight;
    this.#retryDelay = parts.retryDelay ?? retryDelay(Math.random);
    this.#gate = new EndpointGate(this.#retryDelay);
    this.#fates = new RequestFates({ ...parts, maxBytes, onGivenUp });
  }

  /** Takes a request; never throws and never waits. */
  offer(request: EncodedRequest): void {
    if (this.#deadline !== undefined || !this.#makeRoom(request)) this.#fates.refuse(request);
    else this.#admit(request);
  }

  /** Takes a request whatever room there is, for who bounds these by other means; `false` once it is closing. */
  force(request: EncodedRequest): boolean {
    if (this.#deadline !== undefined) return false;
    this.#admit(request);
    return true;
  }

  /** Whether an offer would be taken without anything being given up for it. */
  hasRoomFor(request: EncodedRequest): boolean {
    return this.#deadline === undefined && this.#fates.hasRoomFor(request);
  }

  /** How much of its room is taken, 0 to 1. */
  get pressure(): number {
    return this.#fates.fullness;
  }

  /** The endpoint's last word was to come back later, or it said nothing. */
  get isInTrouble(): boolean {
    return this.#gate.isInTrouble;
  }

  /** Nothing waits, and nothing is under way. */
  get isEmpty(): boolean {
    return this.#waiting.size === 0 && this.#inFlight.size === 0;
  }

  /** Gives up all that waits, oldest first. */
  giveUpWaiting(): void {
    const waiting = this.#waiting.takeAll().sort((a, b) => a.offeredAt - b.offeredAt);
    for (const request of waiting) this.#fates.givenUp(request, this.#lastError);
    this.#pump();
  }

  #admit(request: EncodedRequest): void {
    this.#fates.enter(request);
    this.#waiting.add({ ...request, offeredAt: performance.now(), tries: 0, firstTriedAt: undefined, notBefore: 0 });
    this.#pump();
  }

  /**
   * Tries everything at once, however long ago the endpoint failed, and resolves when nothing is left, or after
   * `deadlineMillis`: what is not settled then, or could not be tried before, is given up. Never rejects.
   *
   * What is under way at the deadline may arrive though it counts as given up.
   */
  close(deadlineMillis: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMillis);
    return this.#closing;
  }

  async #close(deadlineMillis: number): Promise<void> {
    this.#deadline = performance.now() + deadlineMillis;
    this.#fates.close();
    this.#gate.hurry();
    this.#waiting.hurry();
    const timer = setTimeout(this.#emptied.resolve, deadlineMillis);
    this.#pump();
    await this.#emptied.promise;
    clearTimeout(timer);
    clearTimeout(this.#timer);
    const left = [...this.#inFlight, ...this.#waiting.takeAll()].sort((a, b) => a.offeredAt - b.offeredAt);
    this.#fates.end(left);
    this.#isOver = true;
    this.#transport.close();
  }

  /** Gives up what has waited too long, sends what may be sent now, and comes back when there is more to do. */
  readonly #pump = (): void => {
    const now = performance.now();
    for (const request of this.#waiting.takeExpired(now, this.#expiresAt))
      this.#fates.givenUp(request, this.#lastError);
    while (this.#nextSendAt <= now) {
      const next = this.#waiting.take(now, this.#gate.isInTrouble);
      if (!next) break;
      void this.#send(next, now);
    }
    const wakeAt = Math.min(this.#nextSendAt, this.#waiting.nextExpiry(this.#expiresAt));
    clearTimeout(this.#timer);
    if (wakeAt !== NEVER) this.#timer = setTimeout(this.#pump, Math.min(Math.ceil(wakeAt - now), MOST_INTEGER));
    const isLast = this.#inFlight.size === 0 && this.#nextSendAt > (this.#deadline ?? NEVER);
    if (isLast) this.#emptied.resolve();
  };

  /** Infinity when nothing waits, or when as many are under way as may be. */
  get #nextSendAt(): number {
    const limit = this.#gate.isInTrouble ? 1 : this.#maxInFlight;
    return this.#inFlight.size < limit ? Math.max(this.#gate.opensAt, this.#waiting.dueAt) : NEVER;
  }

  async #send(request: OpenRequest, now: number): Promise<void> {
    request.tries++;
    request.firstTriedAt ??= now;
    this.#inFlight.add(request);
    const outcome = await this.#transport.send(request.body);
    if (this.#isOver) return;
    this.#inFlight.delete(request);
    if (outcome.kind === 'retry') this.#retry(request, outcome, now);
    else this.#settle(request, outcome);
    this.#pump();
    this.#onAttempt?.();
  }

  #settle(request: OpenRequest, outcome: Exclude<SendOutcome, { kind: 'retry' }>): void {
    this.#gate.answered(performance.now());
    if ('note' in outcome) {
      this.#fates.taken(request, outcome.note);
      return;
    }
    const halves = outcome.kind === 'too-large' ? split(request) : undefined;
    if (!halves) {
      this.#fates.failed(request, outcome.error);
      return;
    }
    this.#fates.parted(request, halves, outcome.error);
    for (const half of halves) this.#waiting.add({ ...request, ...half, notBefore: 0 });
  }

  #retry(request: OpenRequest, { error, retryAfterMillis }: SendOutcome & { kind: 'retry' }, sentAt: number): void {
    const now = performance.now();
    this.#gate.failed(sentAt, now, retryAfterMillis);
    this.#lastError = error;
    request.notBefore = now + this.#retryDelay(request.tries, retryAfterMillis);
    if (request.notBefore >= this.#expiresAt(request)) {
      this.#fates.givenUp(request, error);
      return;
    }
    this.#fates.retried(error);
    this.#waiting.add(request);
  }

  /** Never, for one not tried yet whose endpoint is well: it waits its turn. */
  readonly #expiresAt = ({ firstTriedAt, offeredAt }: OpenRequest): number => {
    if (firstTriedAt !== undefined) return firstTriedAt + this.#giveUpAfterMillis();
    return this.#gate.isInTrouble ? Math.max(offeredAt, this.#gate.answeredAt) + this.#giveUpAfterMillis() : NEVER;
  };

  #makeRoom(request: EncodedRequest): boolean {
    while (this.#fates.isWorthRoom(request) && !this.#fates.hasRoomFor(request)) {
      const oldest = this.#waiting.takeOldest();
      if (!oldest) break;
      this.#fates.givenUp(oldest, this.#lastError);
    }
    return this.#fates.hasRoomFor(request);
  }
}
