import type { OpenedSpool, SpoolNews } from './spool-store.ts';
import type { SpooledRequest } from './spool-table.ts';

/** What the worker that has the spool is asked to do: one method of `SpoolStore` each. */
export type SpoolCall =
  | { readonly kind: 'put'; readonly request: SpooledRequest }
  | { readonly kind: 'lend'; readonly limit: number }
  | { readonly kind: 'settle'; readonly removed: readonly number[]; readonly released: readonly number[] }
  | { readonly kind: 'part'; readonly id: number; readonly parts: readonly SpooledRequest[] }
  | { readonly kind: 'close' };

/** The answer to a call; calls are answered in their order. */
export interface SpoolReply {
  /** What was lent. */
  readonly lent: readonly SpooledRequest[];
  readonly news: SpoolNews;
  /** Why nothing was done. */
  readonly failure: string | undefined;
}

/** The worker's first message. */
export type SpoolOpening =
  | { readonly kind: 'opened'; readonly opened: OpenedSpool }
  | { readonly kind: 'held'; readonly pid: number | undefined }
  | { readonly kind: 'failed'; readonly reason: string };
