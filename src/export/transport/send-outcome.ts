import { OTLPExporterError } from '@opentelemetry/otlp-exporter-base';
import { NOTHING_SAID, type ResponseNote, readNote } from '../response-notes.ts';
import { fieldsOf } from './protobuf-wire.ts';
import type { ResponseBody } from './read-body.ts';
import { readRetryAfter } from './retry-after.ts';

/** What became of one attempt to send a request. `error` is for `explainFailure`, its `code` an HTTP status if there is one. */
export type SendOutcome =
  /** Taken; `partial` when `note` says that some of its records were not. Never to be sent again. */
  | { readonly kind: 'delivered' | 'partial'; readonly note: ResponseNote }
  /** Refused for good. */
  | { readonly kind: 'rejected'; readonly error: Error }
  /** Refused as it is; smaller ones may be taken. */
  | { readonly kind: 'too-large'; readonly error: Error }
  /** Not now: a status that says so, or no answer at all. The server may have asked for a time to wait. */
  | { readonly kind: 'retry'; readonly error: Error; readonly retryAfterMillis: number | undefined };

/** What of an HTTP answer tells what became of a request. */
export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly contentType: string | undefined;
  readonly body: ResponseBody;
}

/** What the OTLP specification has a client try again ("OTLP/HTTP Response", Retryable Response Codes). */
const RETRYABLE = new Set([429, 502, 503, 504]);
const TOO_LARGE = 413;
/** What Go's HTTP server, and so a collector, makes of a body above its limit, with status 400. */
const TOO_LARGE_FOR_GO = 'http: request body too large';

/** What an answer means: its status decides, its body only explains. `hide` takes secrets out of the server's words. */
export async function outcomeOf(answer: Answer, hide: (text: string) => string): Promise<SendOutcome> {
  const { status, retryAfter, body } = answer;
  if (status >= 200 && status < 300) {
    const note = await noteOf(body, hide);
    return { kind: note.rejected > 0 ? 'partial' : 'delivered', note };
  }
  const said = hide(wordsOf(answer));
  const error = new OTLPExporterError(`answered ${status}`, status, said);
  if (RETRYABLE.has(status)) {
    return { kind: 'retry', error, retryAfterMillis: readRetryAfter(retryAfter, Date.now()) };
  }
  const isTooLarge = status === TOO_LARGE || (status === 400 && said === TOO_LARGE_FOR_GO);
  return { kind: isTooLarge ? 'too-large' : 'rejected', error };
}

async function noteOf({ bytes, isWhole }: ResponseBody, hide: (text: string) => string): Promise<ResponseNote> {
  if (isWhole && saysNothing(bytes)) return NOTHING_SAID;
  // A hundred modules, most of them for metrics: only where there is something to read.
  const { ProtobufLogsSerializer } = await import('@opentelemetry/otlp-transformer');
  const note = readNote(ProtobufLogsSerializer, bytes);
  return { ...note, message: hide(note.message), unreadable: note.unreadable || !isWhole };
}

/** No field of the response, or a partial success without any: what is answered to nearly every request. */
function saysNothing(bytes: Uint8Array): boolean {
  try {
    return [...fieldsOf(bytes)].every(({ isDelimited, valueStart, end }) => isDelimited && valueStart === end);
  } catch {
    return false;
  }
}

/** The `message` of the google.rpc.Status that the specification asks for, else the text that came. */
function wordsOf({ contentType, body: { bytes } }: Answer): string {
  const text = new TextDecoder();
  if (contentType?.startsWith('application/x-protobuf')) {
    try {
      const message = [...fieldsOf(bytes)].find(({ number, isDelimited }) => number === 2 && isDelimited);
      return text.decode(bytes.subarray(message?.valueStart ?? 0, message?.end ?? 0));
    } catch {
      // Then it is whatever its text is.
    }
  }
  return text.decode(bytes);
}
