import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanExporter,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { otlpExporter } from '../../src/export/span-exporters.ts';
import { readTracesEnvironment } from '../../src/export/traces-environment.ts';
import { GrpcServer } from './grpc-server.ts';
import { OtlpServer } from './otlp-server.ts';
import { setEnvironment } from './set-environment.ts';

/** What the SDK makes of 20 spans. */
function readableSpans(): ReadableSpan[] {
  const memory = new InMemorySpanExporter();
  const tracer = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: memory })] }).getTracer(
    'test',
  );
  for (let port = 1; port <= 20; port++) tracer.startSpan('wait', { attributes: { port } }).end();
  return memory.getFinishedSpans();
}

async function exportWith(exporter: SpanExporter, batch: ReadableSpan[]): Promise<void> {
  const { error } = await new Promise<{ error?: Error }>((resolve) => exporter.export(batch, resolve));
  assert.equal(error, undefined);
  await exporter.shutdown();
}

function settingsFor(protocol: string, endpoint: string) {
  return readTracesEnvironment({
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
  }).settings;
}

const STOCK = { 'http/json': 'http', 'http/protobuf': 'proto' } as const;
for (const protocol of ['http/json', 'http/protobuf'] as const) {
  test(`a request over ${protocol} is the one that the stock OTLPTraceExporter sends`, async (t) => {
    setEnvironment(t, {
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=ops,x-gone=1',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-gone=2',
    });
    await using server = await OtlpServer.start();
    const batch = readableSpans();
    const settings = settingsFor(protocol, server.endpoint);
    const { OTLPTraceExporter } = await import(`@opentelemetry/exporter-trace-otlp-${STOCK[protocol]}`);
    await exportWith((await otlpExporter(settings, () => {})).exporter, batch);
    const { url } = settings;
    const compression = CompressionAlgorithm.GZIP;
    await exportWith(new OTLPTraceExporter({ url, compression, userAgent: 'otel-tcpaccept/0.1.0' }), batch);
    const [ours, stock] = server.requests;
    assert.ok(ours && stock);
    assert.deepEqual(ours, stock);
    assert.equal(ours.path, '/v1/traces');
    assert.equal(ours.headers['x-gone'], '2');
    assert.equal(ours.headers['content-encoding'], 'gzip');
  });
}

test('a request over grpc is the one that the stock OTLPTraceExporter sends', async () => {
  await using server = await GrpcServer.start(() => Buffer.alloc(0));
  const batch = readableSpans();
  const settings = settingsFor('grpc', `http://${server.authority}`);
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-grpc');
  await exportWith((await otlpExporter(settings, () => {})).exporter, batch);
  await exportWith(new OTLPTraceExporter({ url: settings.url }), batch);
  const [ours, stock] = server.requests;
  assert.ok(ours && stock && ours.length > 0);
  assert.deepEqual(ours, stock);
});
