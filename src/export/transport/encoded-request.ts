/** One ExportLogsServiceRequest as it goes over the wire, uncompressed. */
export interface EncodedRequest {
  readonly body: Uint8Array;
  /** Log records in it. */
  readonly records: number;
}
