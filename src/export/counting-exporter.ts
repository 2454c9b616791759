import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { AcceptCounts } from './accept-counts.ts';
import type { ResponseNote, ResponseNotes } from './response-notes.ts';

/** An exporter of the SDK's, for log records or spans. */
export interface ItemExporter<Item> {
  export(items: Item[], callBack: (result: ExportResult) => void): void;
  forceFlush?(): Promise<void>;
  shutdown(): Promise<void>;
}

/** What became of one batch. */
export type BatchFate =
  | { readonly kind: 'taken'; readonly count: number; readonly note: ResponseNote; readonly accepts?: AcceptCounts }
  | { readonly kind: 'failed'; readonly count: number; readonly error: Error; readonly accepts?: AcceptCounts };

/** An exporter, and what its endpoint said of what it took. */
interface Watched<Item> {
  readonly exporter: ItemExporter<Item>;
  readonly notes: ResponseNotes;
}

/** A failure that was told to `settle`: the SDK's error handler has nothing to add. */
export class SettledFailure extends Error {
  override readonly name = 'SettledFailure';
}

/**
 * Tells what really became of each batch, once, when the wrapped exporter knows it.
 *
 * The processor may have stopped waiting by then (OTEL_BLRP_EXPORT_TIMEOUT): that changes no record's fate.
 */
export class CountingExporter<Item> implements ItemExporter<Item> {
  readonly #watched: Watched<Item>;
  readonly #settle: (fate: BatchFate) => void;
  readonly #acceptsOf: (item: Item) => number;
  #abandoned = false;

  /** `acceptsOf`: how many accepts an item stands for. */
  constructor(watched: Watched<Item>, settle: (fate: BatchFate) => void, acceptsOf: (item: Item) => number = () => 0) {
    this.#watched = watched;
    this.#settle = settle;
    this.#acceptsOf = acceptsOf;
  }

  export(items: Item[], callBack: (result: ExportResult) => void): void {
    const { exporter, notes } = this.#watched;
    const count = items.length;
    const accepts = () => items.map(this.#acceptsOf);
    let isSettled = false;
    const settle = (result: ExportResult) => {
      if (isSettled) return;
      isSettled = true;
      if (result.code === ExportResultCode.SUCCESS) {
        this.#settle({ kind: 'taken', count, note: notes.take(), accepts });
        callBack(result);
        return;
      }
      const error = result.error ?? new Error('the exporter gave no reason');
      this.#settle({ kind: 'failed', count, error, accepts });
      callBack({ code: ExportResultCode.FAILED, error: new SettledFailure(error.message, { cause: error }) });
    };
    const fail = (error: Error) => settle({ code: ExportResultCode.FAILED, error });
    try {
      if (this.#abandoned) fail(new Error('given up at the end'));
      else exporter.export(items, settle);
    } catch (thrown) {
      fail(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
  }

  /** From now on nothing more is sent: batches still queued fail at once. */
  abandon(): void {
    this.#abandoned = true;
  }

  async forceFlush(): Promise<void> {
    await this.#watched.exporter.forceFlush?.();
  }

  shutdown(): Promise<void> {
    return this.#watched.exporter.shutdown();
  }
}
