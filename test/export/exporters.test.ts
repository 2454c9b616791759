import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  type LogRecordExporter,
  type ReadableLogRecord,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import { otlpExporter } from '../../src/export/exporters.ts';
import { readOtlpEnvironment } from '../../src/export/otlp-environment.ts';
import { emitRecord } from '../../src/record/log-record.ts';
import { GrpcServer } from './grpc-server.ts';
import { records } from './lane.ts';
import { OtlpServer } from './otlp-server.ts';
import { setEnvironment } from './set-environment.ts';

/** What the SDK makes of 20 records. */
function readableRecords(): ReadableLogRecord[] {
  const memory = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: memory })] });
  for (const record of records(20).records) emitRecord(provider.getLogger('test'), 'accepted', record);
  return memory.getFinishedLogRecords();
}

async function exportWith(exporter: LogRecordExporter, batch: ReadableLogRecord[]): Promise<void> {
  const { error } = await new Promise<{ error?: Error }>((resolve) => exporter.export(batch, resolve));
  assert.equal(error, undefined);
  await exporter.shutdown();
}

const STOCK = { 'http/json': 'http', 'http/protobuf': 'proto' } as const;
for (const protocol of ['http/json', 'http/protobuf'] as const) {
  test(`a request over ${protocol} is the one that the stock OTLPLogExporter sends`, async (t) => {
    setEnvironment(t, {
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=ops,x-gone=1',
      OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'x-gone=2',
    });
    await using server = await OtlpServer.start();
    const batch = readableRecords();
    const { settings } = readOtlpEnvironment({
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_ENDPOINT: server.endpoint,
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    });
    const { OTLPLogExporter } = await import(`@opentelemetry/exporter-logs-otlp-${STOCK[protocol]}`);
    await exportWith((await otlpExporter(settings, () => {})).exporter, batch);
    await exportWith(
      new OTLPLogExporter({
        url: settings.url,
        compression: CompressionAlgorithm.GZIP,
        userAgent: 'otel-tcpaccept/0.1.0',
      }),
      batch,
    );
    const [ours, stock] = server.requests;
    assert.ok(ours && stock);
    assert.deepEqual(ours, stock);
    assert.equal(ours.headers['x-tenant'], 'ops');
    assert.equal(ours.headers['x-gone'], '2');
    assert.equal(ours.headers['content-encoding'], 'gzip');
  });
}

test('a request over grpc is the one that the stock OTLPLogExporter sends', async () => {
  await using server = await GrpcServer.start(() => Buffer.alloc(0));
  const batch = readableRecords();
  const { settings } = readOtlpEnvironment({
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${server.authority}`,
  });
  const { OTLPLogExporter } = await import('@opentelemetry/exporter-logs-otlp-grpc');
  await exportWith((await otlpExporter(settings, () => {})).exporter, batch);
  await exportWith(new OTLPLogExporter({ url: settings.url }), batch);
  const [ours, stock] = server.requests;
  assert.ok(ours && stock && ours.length > 0);
  assert.deepEqual(ours, stock);
});
