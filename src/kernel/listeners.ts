import type { NativeBinding, NativeListeners } from './binding.ts';
import { decodeListeners } from './decode-listeners.ts';
import type { Listener } from './listener.ts';
import { loadNative } from './native.ts';

/** Every listener of the host at one time. */
export interface ListenerList {
  readonly listeners: readonly Listener[];
  /** When it was made, wall clock and `CLOCK_BOOTTIME`. */
  readonly listedUnixNs: bigint;
  readonly listedBootNs: bigint;
}

/**
 * Lists every TCP listener of the host with the processes that own it, of all network namespaces.
 *
 * Construction takes some 25 ms and throws `TcpAcceptError`; a list takes a fraction of one. Needs the rights tracing needs.
 */
export class Listeners {
  readonly #native: NativeBinding;
  readonly #listeners: NativeListeners;

  constructor(native: NativeBinding = loadNative()) {
    this.#native = native;
    this.#listeners = new native.Listeners();
  }

  /** By network namespace, port and address. */
  list(): ListenerList {
    const clock = new BigInt64Array(2);
    this.#native.readClock(clock);
    const [bootToUnixNs = 0n, listedUnixNs = 0n] = clock;
    const listeners = decodeListeners(this.#listeners.list());
    return { listeners, listedUnixNs, listedBootNs: listedUnixNs - bootToUnixNs };
  }

  /** By program: how many instructions the verifier went through to load it; empty before Linux 5.16. */
  verifiedInstructions(): Readonly<Record<string, number>> {
    return this.#listeners.verifiedInstructions();
  }

  /** May be called again; all else throws `ERR_CLOSED` from now on. */
  close(): void {
    this.#listeners.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
