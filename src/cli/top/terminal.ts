import { constants } from 'node:os';
import { emitKeypressEvents } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';
import {
  beginSynchronizedOutput,
  cursorHide,
  cursorShow,
  cursorTo,
  endSynchronizedOutput,
  enterAlternativeScreen,
  eraseDown,
  eraseEndLine,
  exitAlternativeScreen,
} from 'ansi-escapes';
import type { Key } from './view.ts';

/** Signals that end a process which does not mind them; the exit code is what a shell makes of each. */
const ENDINGS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * The terminal as a screen of its own, given back as it was: on `close`, at exit, also after an uncaught error, on
 * signals, and while the process is stopped by Ctrl-Z. Only SIGKILL leaves it as it is.
 */
export class Terminal {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #onKey: (key: Key) => void;
  readonly #restore = () => this.#leave();
  #isOurs = false;

  constructor(input: ReadStream, output: WriteStream, onKey: (key: Key) => void, onResize: () => void) {
    this.#input = input;
    this.#output = output;
    this.#onKey = onKey;
    emitKeypressEvents(input);
    input.on('keypress', this.#onKeypress);
    output.on('resize', onResize);
    // Before an error is printed, which the screen would take with it.
    process.on('uncaughtExceptionMonitor', this.#restore);
    process.on('exit', this.#restore).on('SIGCONT', this.#onContinue);
    for (const signal of ENDINGS) process.on(signal, this.#onEnding);
    this.#enter();
  }

  get size(): { readonly columns: number; readonly lines: number } {
    return { columns: this.#output.columns, lines: this.#output.rows };
  }

  /** Shows these lines and nothing else. */
  show(lines: readonly string[]): void {
    if (!this.#isOurs) return;
    const text = lines.map((line, row) => cursorTo(0, row) + line + eraseEndLine).join('');
    this.#output.write(beginSynchronizedOutput + text + cursorTo(0, lines.length) + eraseDown + endSynchronizedOutput);
  }

  close(): void {
    this.#leave();
    this.#input.off('keypress', this.#onKeypress).pause();
    process.off('uncaughtExceptionMonitor', this.#restore);
    process.off('exit', this.#restore).off('SIGCONT', this.#onContinue);
    for (const signal of ENDINGS) process.off(signal, this.#onEnding);
  }

  readonly #onKeypress = (_text: unknown, key: Key): void => {
    if (key.ctrl && key.name === 'z') this.#stop();
    else this.#onKey(key);
  };

  readonly #onEnding = (signal: (typeof ENDINGS)[number]): void => process.exit(128 + constants.signals[signal]);

  readonly #onContinue = (): void => this.#enter();

  #stop(): void {
    this.#leave();
    process.kill(process.pid, 'SIGSTOP');
  }

  #enter(): void {
    if (this.#isOurs) return;
    this.#isOurs = true;
    this.#input.setRawMode(true).resume();
    this.#output.write(enterAlternativeScreen + cursorHide);
  }

  #leave(): void {
    if (!this.#isOurs) return;
    this.#isOurs = false;
    this.#output.write(cursorShow + exitAlternativeScreen);
    this.#input.setRawMode(false);
  }
}
