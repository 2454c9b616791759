import type { EncodedRequest } from './encoded-request.ts';
import { delimitedHeader, fieldsOf } from './protobuf-wire.ts';

/** ExportLogsServiceRequest.resource_logs, ResourceLogs.scope_logs, ScopeLogs.log_records (opentelemetry-proto 1). */
export const PATH_TO_RECORDS = [1, 2, 2] as const;

/**
 * Two requests with half of the records each, in their order, none decoded; resource, scope and schemas are in both.
 * The first keeps the id.
 *
 * `undefined` when there are fewer than two records, or when the body is no request of as many as it says.
 */
export function split({ body, records, id }: EncodedRequest): readonly [EncodedRequest, EncodedRequest] | undefined {
  try {
    if (records < 2 || countRecords(body, 0, 0, body.length) !== records) return undefined;
    const middle = Math.ceil(records / 2);
    const first = new Cutting(body, 0, middle).cut();
    const second = new Cutting(body, middle, records).cut();
    return id === undefined
      ? [first, second]
      : [
          { ...first, id },
          { ...second, id: id + middle },
        ];
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}

function countRecords(body: Uint8Array, depth: number, start: number, end: number): number {
  let records = 0;
  for (const field of fieldsOf(body, start, end)) {
    if (field.number !== PATH_TO_RECORDS[depth]) continue;
    records += depth === PATH_TO_RECORDS.length - 1 ? 1 : countRecords(body, depth + 1, field.valueStart, field.end);
  }
  return records;
}

/** The records from number `from` up to, not including, number `to` of a request. */
class Cutting {
  readonly #body: Uint8Array;
  readonly #from: number;
  readonly #to: number;
  #number = 0;

  constructor(body: Uint8Array, from: number, to: number) {
    this.#body = body;
    this.#from = from;
    this.#to = to;
  }

  cut(): EncodedRequest {
    const body = Buffer.concat(this.#parts(0, 0, this.#body.length));
    // Not known any more, and not the whole's.
    return { body, records: this.#to - this.#from, accepts: undefined };
  }

  /** Pieces of the message there, its records being some levels down; a group that lost all its records is left out. */
  #parts(depth: number, start: number, end: number): Uint8Array[] {
    const parts: Uint8Array[] = [];
    for (const field of fieldsOf(this.#body, start, end)) {
      const isOnPath = field.number === PATH_TO_RECORDS[depth];
      const isRecord = isOnPath && depth === PATH_TO_RECORDS.length - 1;
      if (isRecord && !this.#isWanted()) continue;
      if (!isOnPath || isRecord) {
        parts.push(this.#body.subarray(field.start, field.end));
        continue;
      }
      const before = this.#number;
      const inner = this.#parts(depth + 1, field.valueStart, field.end);
      if (this.#number <= this.#from || before >= this.#to) continue;
      const length = inner.reduce((sum, part) => sum + part.length, 0);
      parts.push(delimitedHeader(field.number, length), ...inner);
    }
    return parts;
  }

  #isWanted(): boolean {
    const number = this.#number++;
    return number >= this.#from && number < this.#to;
  }
}
