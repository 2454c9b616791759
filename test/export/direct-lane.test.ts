import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { DirectLane } from '../../src/export/direct-lane.ts';
import { readOtlpEnvironment } from '../../src/export/otlp-environment.ts';
import { openAcceptEncoder } from '../../src/kernel/accept-encoder.ts';
import { EXPORT_FATES, Ledger } from '../../src/ledger.ts';
import { freePorts } from '../collector/free-ports.ts';
import { records, TestLane } from './lane.ts';
import { OtlpServer } from './otlp-server.ts';
import { SpoolFolder } from './spool/spool-under-test.ts';
import { until } from './transport/until.ts';

const CLOSE_MILLIS = 10_000;

async function openLane(environment: NodeJS.ProcessEnv) {
  const ledger = new Ledger();
  const { settings } = readOtlpEnvironment(environment);
  const resource = resourceFromAttributes({ 'service.name': 'test' });
  const lane = await DirectLane.open({ settings, resource, ledger, warn: () => {}, native: openAcceptEncoder() });
  const fates = () => Object.fromEntries(EXPORT_FATES.map((name) => [name, ledger.get(name)]).filter(([, n]) => n));
  return { lane, ledger, fates };
}

test('its requests are those of the SDK, byte for byte', async () => {
  await using direct = await OtlpServer.start();
  await using sdk = await OtlpServer.start();
  const batch = { OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '30' };
  const { lane, fates } = await openLane({ ...batch, OTEL_EXPORTER_OTLP_ENDPOINT: direct.endpoint });
  const oracle = await TestLane.open({ ...batch, OTEL_EXPORTER_OTLP_ENDPOINT: sdk.endpoint });
  for (const each of [lane, oracle]) each.accept(records(100));
  await Promise.all([lane.close(CLOSE_MILLIS), oracle.lane.close(CLOSE_MILLIS)]);
  assert.deepEqual(fates(), { delivered: 100 });
  const bodies = (server: OtlpServer) => server.requests.map(({ body }) => body.toString('hex')).sort();
  assert.equal(direct.requests.length, 4);
  assert.deepEqual(bodies(direct), bodies(sdk));
});

test('an endpoint that says 503 for longer than the SDK would try gets all of it in the end', async () => {
  let isWell = false;
  await using server = await OtlpServer.start(() => ({ status: isWell ? 200 : 503, headers: { 'retry-after': '0' } }));
  const { lane, fates } = await openLane({
    OTEL_EXPORTER_OTLP_ENDPOINT: server.endpoint,
    OTEL_BLRP_SCHEDULE_DELAY: '1',
  });
  lane.accept(records(5));
  // The stock exporter gives up after its sixth attempt.
  await until(() => server.requests.length > 8, 'it tries for the ninth time');
  assert.deepEqual(fates(), { queued: 5 });
  isWell = true;
  await until(() => fates()['delivered'] === 5, 'they are delivered');
  await lane.close(CLOSE_MILLIS);
});

test('more than the queue may hold is dropped and counted, as is what is left at the deadline', async () => {
  const [port] = await freePorts(1);
  const { lane, fates } = await openLane({
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_BLRP_MAX_QUEUE_SIZE: '100',
    OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '20',
  });
  lane.accept(records(150));
  assert.deepEqual(fates(), { dropped: 40, queued: 110 });
  lane.report('lost', [{ uid: 'u', cause: 'dropped', count: 40, accepts: 40, noticedUnixNs: 1n, intervalNs: 1n }]);
  await lane.close(50);
  assert.deepEqual(fates(), { dropped: 151 });
});

for (const mode of ['spill', 'always', 'off'] as const) {
  test(`accepts are said to be safe in their order, records of losses between them are not counted (spool: ${mode})`, async () => {
    using folder = new SpoolFolder();
    await using server = await OtlpServer.start();
    const ledger = new Ledger();
    const { settings } = readOtlpEnvironment({
      OTEL_EXPORTER_OTLP_ENDPOINT: server.endpoint,
      OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '7',
    });
    const told: number[] = [];
    const lane = await DirectLane.open({
      settings,
      resource: resourceFromAttributes({ 'service.name': 'test' }),
      ledger,
      warn: () => {},
      native: openAcceptEncoder(),
      onSafe: (accepts) => told.push(accepts),
      ...(mode !== 'off' && { spool: { mode, directory: folder.path, maxBytes: 1e9, maxAgeMillis: 1e9 } }),
    });
    const loss = { uid: 'u', cause: 'dropped', count: 40, accepts: 40, noticedUnixNs: 1n, intervalNs: 1n } as const;
    for (let batch = 0; batch < 10; batch++) {
      lane.accept(records(10));
      lane.report('lost', [loss, loss]);
    }
    await lane.close(CLOSE_MILLIS);
    assert.equal(ledger.get('delivered'), 120);
    assert.equal(
      told.reduce((sum, accepts) => sum + accepts, 0),
      100,
    );
  });
}
