import type { Resource } from '@opentelemetry/resources';
import { SCHEMA_URL } from '../../record/semantic-conventions.ts';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../../version.ts';
import { ByteWriter } from './byte-writer.ts';
import { KeyValue } from './key-value.ts';
import { DELIMITED, tag, VARINT, varintBytes } from './wire.ts';

/** ExportLogsServiceRequest.resource_logs. */
const RESOURCE_LOGS = tag(1, DELIMITED);
/** Of ResourceLogs and of ScopeLogs alike: who (resource, scope), what (scope_logs, log_records), schema_url. */
const WHO = tag(1, DELIMITED);
const SCOPE_LOGS = tag(2, DELIMITED);
const SCHEMA = tag(3, DELIMITED);

/** Far more than a request ever has: its header is the longest. */
const MOST_BYTES = 2 ** 30;

/** What a request has around its records: one resource, one scope. */
export class RequestEnvelope {
  readonly #resource: Uint8Array;
  readonly #resourceSchema: Uint8Array;
  readonly #scope: Uint8Array;
  readonly #scopeSchema: Uint8Array;
  /** Room to leave before the records. */
  readonly headroom: number;
  /** What comes behind them. */
  readonly tailBytes: number;

  constructor(resource: Resource) {
    this.#resource = message(WHO, (out) => writeResource(out, resource));
    this.#resourceSchema = schema(resource.schemaUrl);
    this.#scope = message(WHO, writeScope);
    this.#scopeSchema = schema(SCHEMA_URL);
    this.headroom = this.#header(MOST_BYTES).length;
    this.tailBytes = this.#scopeSchema.length + this.#resourceSchema.length;
  }

  /** The request of the records that `out` has behind the headroom, where they are. */
  close(out: ByteWriter): Uint8Array {
    const header = this.#header(out.length - this.headroom);
    const start = this.headroom - header.length;
    out.put(header, start);
    out.bytes(this.#scopeSchema);
    out.bytes(this.#resourceSchema);
    return out.handOver(start);
  }

  #header(recordBytes: number): Uint8Array {
    const scopeLogs = this.#scope.length + recordBytes + this.#scopeSchema.length;
    const resourceLogs = this.#resource.length + withHeader(scopeLogs) + this.#resourceSchema.length;
    const out = new ByteWriter();
    out.byte(RESOURCE_LOGS);
    out.varint(resourceLogs);
    out.bytes(this.#resource);
    out.byte(SCOPE_LOGS);
    out.varint(scopeLogs);
    out.bytes(this.#scope);
    return out.slice();
  }
}

function withHeader(bytes: number): number {
  return 1 + varintBytes(bytes) + bytes;
}

function message(fieldTag: number, write: (out: ByteWriter) => void): Uint8Array {
  const content = new ByteWriter();
  write(content);
  const out = new ByteWriter();
  out.byte(fieldTag);
  out.varint(content.length);
  out.bytes(content.slice());
  return out.slice();
}

/** Resource.attributes and dropped_attributes_count, which the SDK writes though it is 0. */
function writeResource(out: ByteWriter, { attributes }: Resource): void {
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      throw new TypeError(`the resource attribute ${key} is no text, number or boolean`);
    }
    new KeyValue(1, key).write(out, value);
  }
  out.byte(tag(2, VARINT));
  out.varint(0);
}

/** InstrumentationScope.name and version. */
function writeScope(out: ByteWriter): void {
  out.byte(tag(1, DELIMITED));
  out.text(PACKAGE_NAME);
  out.byte(tag(2, DELIMITED));
  out.text(PACKAGE_VERSION);
}

/** Left out where there is none. */
function schema(url: string | undefined): Uint8Array {
  const out = new ByteWriter();
  if (url) {
    out.byte(SCHEMA);
    out.text(url);
  }
  return out.slice();
}
