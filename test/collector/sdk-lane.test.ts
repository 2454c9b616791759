import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ATTRIBUTES, attributesOf } from '../../src/record/attributes.ts';
import { bodyOfAccept } from '../../src/record/body.ts';
import { PACKAGE_VERSION } from '../../src/version.ts';
import { records, TestLane } from '../export/lane.ts';
import type { CollectedRecord } from './collected-record.ts';
import { startCollector } from './collector.ts';

const COUNT = 100;

/** What the collector must have of each record, by peer port: everything that was known of it, and nothing else. */
function expectedRecords(): CollectedRecord[] {
  return records(COUNT).records.map((record) => {
    const attributes = attributesOf('accepted', record);
    const types = ATTRIBUTES.filter(({ name }) => name in attributes).map(({ name, type }) => [
      name,
      type === 'boolean' ? 'bool' : type,
    ]);
    return {
      eventName: 'tcpaccept.connection.accepted',
      timeUnixNano: record.connection.acceptedUnixNs,
      observedTimeUnixNano: record.connection.observedUnixNs,
      severityNumber: 9,
      severityText: '',
      body: bodyOfAccept(record),
      attributes: { ...attributes, event_name: 'tcpaccept.connection.accepted' },
      attributeTypes: { ...Object.fromEntries(types), event_name: 'string' },
      droppedAttributesCount: 0,
      resource: { 'service.name': 'test' },
      scopeName: 'otel-tcpaccept',
      scopeVersion: PACKAGE_VERSION,
      schemaUrl: 'https://opentelemetry.io/schemas/1.45.0',
    };
  });
}

for (const protocol of ['http/protobuf', 'http/json', 'grpc']) {
  for (const compression of ['none', 'gzip']) {
    test(`${COUNT} records over ${protocol}, ${compression}, are in a real collector, each field as it was`, async () => {
      await using collector = await startCollector();
      const lane = await TestLane.open({
        OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? collector.grpcEndpoint : collector.httpEndpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_EXPORTER_OTLP_COMPRESSION: compression,
        OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '30',
      });
      lane.accept(records(COUNT));
      await lane.lane.close(10_000);
      lane.assertFates({ delivered: COUNT });
      assert.deepEqual(lane.warnings, []);
      const collected = await collector.waitForRecords(COUNT, { timeoutMillis: 10_000 });
      assert.deepEqual(collected, expectedRecords());
    });
  }
}
