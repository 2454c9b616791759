import type { Logger } from '@opentelemetry/api';
import { ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import type { Resource } from '@opentelemetry/resources';
import { LoggerProvider, type LogRecordProcessor, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { OtlpSettings } from '../../../src/export/otlp-environment.ts';
import type { RecordEncoder, RequestLimits } from '../../../src/export/request-batcher.ts';
import type { EncodedRequest } from '../../../src/export/transport/encoded-request.ts';
import type { RecordBatch } from '../../../src/record/accept-record.ts';
import type { EventKind, EventRecords } from '../../../src/record/events.ts';
import { emitRecord } from '../../../src/record/log-record.ts';
import { SCHEMA_URL } from '../../../src/record/semantic-conventions.ts';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../../../src/version.ts';

/** Makes requests of records with the SDK: its limits, its serializer. */
export class SdkEncoder implements RecordEncoder {
  readonly #logger: Logger;
  #waiting: ReadableLogRecord[] = [];

  constructor({ resource, limits }: { readonly resource: Resource; readonly limits: OtlpSettings['limits'] }) {
    const keep: LogRecordProcessor = {
      onEmit: (record) => void this.#waiting.push(record),
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    };
    const provider = new LoggerProvider({ resource, processors: [keep], logRecordLimits: limits });
    this.#logger = provider.getLogger(PACKAGE_NAME, PACKAGE_VERSION, { schemaUrl: SCHEMA_URL });
  }

  /** Records since the last `take`. */
  get records(): number {
    return this.#waiting.length;
  }

  add<Kind extends EventKind>(kind: Kind, record: EventRecords[Kind]): void {
    emitRecord(this.#logger, kind, record);
  }

  addAccepts(batch: RecordBatch, from: number, { records }: RequestLimits): number {
    const count = Math.min(batch.count - from, records - this.records);
    for (let index = from; index < from + count; index++) this.add('accepted', batch.view(index));
    return count;
  }

  /** One request of all that was added since. */
  take(): EncodedRequest {
    const records = this.#waiting;
    this.#waiting = [];
    return { body: ProtobufLogsSerializer.serializeRequest(records) ?? new Uint8Array(), records: records.length };
  }
}
