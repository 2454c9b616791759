/** How long a cause stays quiet after it was warned of. */
const QUIET_MILLIS = 60_000;

/**
 * Warnings on stderr, at most one a cause a minute; what was held back is counted in the next one.
 *
 * `write` and `now` are parameters for tests; `now` is in milliseconds.
 */
export class Warnings {
  readonly #causes = new Map<string, { quietUntil: number; heldBack: number }>();
  readonly #write: (line: string) => void;
  readonly #now: () => number;

  constructor(write: (line: string) => void, now: () => number = () => performance.now()) {
    this.#write = write;
    this.#now = now;
  }

  /** Says `text`, unless this cause was warned of less than a minute ago. */
  readonly warn = (cause: string, text: string): void => {
    const now = this.#now();
    const state = this.#causes.get(cause);
    if (state && now < state.quietUntil) {
      state.heldBack++;
      return;
    }
    const held = state?.heldBack ? ` (and ${state.heldBack} more like it)` : '';
    this.#causes.set(cause, { quietUntil: now + QUIET_MILLIS, heldBack: 0 });
    this.#write(`otel-tcpaccept: warning: ${text}${held}\n`);
  };
}
