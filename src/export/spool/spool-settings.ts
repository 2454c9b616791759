/** Where and how much is kept on disk of what could not be delivered yet. */
export interface SpoolSettings {
  /** `spill`: what cannot be delivered now; `always`: everything, before it is sent. */
  readonly mode: 'spill' | 'always';
  readonly directory: string;
  /** Of the requests kept; journal and reserve come on top, some MiB. */
  readonly maxBytes: number;
  readonly maxAgeMillis: number;
}

/**
 * Of what is under way at once, none was made so much later than another: requests may overtake each other, and backends
 * refuse what comes long behind something newer of the same host (Loki 3: an hour, half of `max_chunk_age`).
 */
export const LONGEST_TOGETHER_MILLIS = 600_000;

/** What lies in a spool, or in a part of one. */
export interface SpoolContents {
  readonly requests: number;
  readonly records: number;
}
