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
  const { status, retryAfter } = answer;
  if (status >= 200 && status < 300) {
    const note = await noteOf(answer, hide);
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

/** An answer has the type of the request; one that says nothing of its type is read as protobuf. */
async function noteOf(answer: Answer, hide: (text: string) => string): Promise<ResponseNote> {
  const { bytes, isWhole } = answer.body;
  const isJsonText = isJson(answer.contentType) && bytes.length > 0;
  if (isWhole && !isJsonText && saysNothing(bytes)) return NOTHING_SAID;
  // A hundred modules, most of them for metrics: only where there is something to read.
  const { JsonLogsSerializer, ProtobufLogsSerializer } = await import('@opentelemetry/otlp-transformer');
  const note = readNote(isJsonText ? JsonLogsSerializer : ProtobufLogsSerializer, bytes);
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
  if (isJson(contentType)) return messageOf(text.decode(bytes));
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

function isJson(contentType: string | undefined): boolean {
  return contentType?.startsWith('application/json') ?? false;
}

function messageOf(json: string): string {
  try {
    const { message }: { message?: unknown } = Object(JSON.parse(json));
    return typeof message === 'string' ? message : json;
  } catch {
    return json;
  }
}
