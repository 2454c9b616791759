/** Where and how much is kept on disk of what could not be delivered yet. */
export interface SpoolSettings {
  /** `spill`: what cannot be delivered now; `always`: everything, before it is sent. */
  readonly mode: 'spill' | 'always';
  readonly directory: string;
  /** Of the requests kept; journal and reserve come on top, some MiB. */
  readonly maxBytes: number;
  readonly maxAgeMillis: number;
}

/** What lies in a spool, or in a part of one. */
export interface SpoolContents {
  readonly requests: number;
  readonly records: number;
}
