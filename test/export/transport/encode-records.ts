import { ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';

const RESOURCE = resourceFromAttributes({ 'service.name': 'test', 'host.name': 'here' });
const SCOPE = { name: 'otel-tcpaccept', version: '1', schemaUrl: 'https://opentelemetry.io/schemas/1.45.0' };

/** Records whose bodies hold their numbers, `first` and up, so that a server can tell which it has. */
export function numberedRecords(first: number, count: number): ReadableLogRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    hrTime: [1_700_000_000, first + index],
    hrTimeObserved: [1_700_000_001, 0],
    severityNumber: 9,
    body: `[record ${first + index}]`,
    eventName: 'tcpaccept.connection.accepted',
    attributes: { 'network.peer.address': '10.0.0.5', 'network.peer.port': index },
    droppedAttributesCount: 0,
    resource: RESOURCE,
    instrumentationScope: SCOPE,
  }));
}

/** An encoded request, by the SDK. */
export function encode(records: ReadableLogRecord[]): Uint8Array {
  return ProtobufLogsSerializer.serializeRequest(records) ?? new Uint8Array();
}

/** The numbers of the records in an encoded request, found without understanding it. */
export function numbersIn(body: Uint8Array): number[] {
  return [
    ...Buffer.from(body)
      .toString('latin1')
      .matchAll(/\[record (\d+)\]/g),
  ].map(([, number]) => Number(number));
}
