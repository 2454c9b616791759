import type { IExportLogsServiceResponse, ISerializer } from '@opentelemetry/otlp-transformer';

/** An OTLP answer for logs or traces. */
export interface ExportResponse {
  readonly partialSuccess?: {
    readonly rejectedLogRecords?: number;
    readonly rejectedSpans?: number;
    readonly errorMessage?: string;
  };
}

/** What an endpoint that took a request said beside it. */
export interface ResponseNote {
  /** Records, or spans, of the request it did not keep. */
  readonly rejected: number;
  /** Its reason or, without rejections, its warning; empty when it said nothing. */
  readonly message: string;
  /** The answer was no OTLP response: perhaps the endpoint is something else. */
  readonly unreadable: boolean;
}

export const NOTHING_SAID: ResponseNote = { rejected: 0, message: '', unreadable: false };

/**
 * Sees the responses that the stock delegate keeps to itself.
 *
 * The delegate deserializes a response and calls back in one go, with nothing in between (otlp-exporter-base 0.301.0,
 * OTLPExportDelegate.export): so the last response seen is the one of the request that a callback is about. A response
 * that is not deserialized, because it was cut off, leaves nothing here, and counts as taken in full.
 */
export class ResponseNotes {
  #last = NOTHING_SAID;

  /** `serializer`, watched. */
  watch<Request, Response extends ExportResponse>(
    serializer: ISerializer<Request, Response>,
  ): ISerializer<Request, Response> {
    return {
      serializeRequest: (request) => serializer.serializeRequest(request),
      deserializeResponse: (data) => {
        this.#last = { ...NOTHING_SAID, unreadable: true };
        const response = serializer.deserializeResponse(data);
        this.#last = noteOf(response);
        return response;
      },
    };
  }

  /** What was said of the request that has just been called back for. */
  take(): ResponseNote {
    const note = this.#last;
    this.#last = NOTHING_SAID;
    return note;
  }
}

/** What a response says; an empty one says nothing. */
export function readNote(
  serializer: Pick<ISerializer<never, IExportLogsServiceResponse>, 'deserializeResponse'>,
  data: Uint8Array,
): ResponseNote {
  try {
    return noteOf(serializer.deserializeResponse(data));
  } catch {
    return { ...NOTHING_SAID, unreadable: true };
  }
}

function noteOf(response: ExportResponse | null): ResponseNote {
  const { rejectedLogRecords, rejectedSpans, errorMessage } = response?.partialSuccess ?? {};
  // In JSON an int64 is text.
  const rejected = Number(rejectedLogRecords ?? rejectedSpans ?? 0);
  const isCount = Number.isSafeInteger(rejected) && rejected > 0;
  return { rejected: isCount ? rejected : 0, message: String(errorMessage ?? ''), unreadable: false };
}
