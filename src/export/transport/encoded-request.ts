/** One ExportLogsServiceRequest as protobuf, uncompressed. */
export interface EncodedRequest {
  readonly body: Uint8Array;
  /** Log records in it. */
  readonly records: number;
  /** Accepts that they stand for, where that is known. */
  readonly accepts?: number | undefined;
  /** Its place in the order of all requests, in this run and those before; the parts of one that was split have their own. */
  readonly id?: number;
}

/** Ids of requests are so far apart: each of a request's records could be a part with an id of its own. */
export const ID_STEP = 65_536;
