import { Socket } from 'node:net';
import type { NativeSession } from './binding.ts';

type RingingSession = Pick<NativeSession, 'openDoorbell' | 'setReaderSleeps'>;

/** Lets a reader of the rings sleep until something is in one; it keeps no process alive. */
export class Doorbell {
  readonly #session: RingingSession;
  readonly #pipe: Socket;
  #sleeps = false;

  /** `onRing` is called once for each `sleep`, soon after a ring has something, or had it then; it must not throw. */
  constructor(session: RingingSession, onRing: () => void) {
    this.#session = session;
    this.#pipe = new Socket({ fd: session.openDoorbell(), readable: true, writable: false });
    this.#pipe.on('data', onRing).unref();
  }

  sleep(): void {
    this.#sleeps = true;
    this.#session.setReaderSleeps(true);
  }

  /** From now on records wake nobody; a byte that is under way still comes. */
  wake(): void {
    if (this.#sleeps) this.#session.setReaderSleeps(false);
    this.#sleeps = false;
  }

  /** Before the session is closed. */
  close(): void {
    this.wake();
    this.#pipe.destroy();
  }
}
