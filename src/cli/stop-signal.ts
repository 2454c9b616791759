/** Why a trace ends. */
export type StopReason = 'signal' | 'duration' | 'count' | 'closed';

/** npm passes a terminal's Ctrl-C on a second time, at once: only a later one means it. */
const IMPATIENT_AFTER_MILLIS = 1000;

/** 128 + SIGINT, as a shell reports a command ended by it. */
const EXIT_INTERRUPTED = 130;

/** Resolves `reason` on the first SIGINT, SIGTERM, deadline or `stop` call; a second signal a second later exits at once. */
export class StopSignal {
  readonly reason: Promise<StopReason>;
  readonly stop: (reason: StopReason) => void;
  readonly #onSignal: () => void;
  #timer: NodeJS.Timeout | undefined;
  #firstSignalMillis: number | undefined;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<StopReason>();
    this.reason = promise;
    this.stop = resolve;
    this.#onSignal = () => {
      const now = performance.now();
      if (this.#firstSignalMillis !== undefined && now - this.#firstSignalMillis > IMPATIENT_AFTER_MILLIS) {
        process.exit(EXIT_INTERRUPTED);
      }
      this.#firstSignalMillis ??= now;
      resolve('signal');
    };
    process.on('SIGINT', this.#onSignal).on('SIGTERM', this.#onSignal);
  }

  /** Resolves `reason` this long from now, at the latest. */
  stopAfter(durationMillis: number): void {
    this.#timer = setTimeout(this.stop, durationMillis, 'duration');
  }

  /** Signals do what they do by default again. */
  dispose(): void {
    clearTimeout(this.#timer);
    process.off('SIGINT', this.#onSignal).off('SIGTERM', this.#onSignal);
  }
}
