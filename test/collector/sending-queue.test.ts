import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { QueueUnderTest, range } from '../export/transport/queue-under-test.ts';
import { until } from '../export/transport/until.ts';
import type { CollectedRecord } from './collected-record.ts';
import { startCollector } from './collector.ts';
import { freePorts } from './free-ports.ts';

const SHIPPED_CONFIG = fileURLToPath(new URL('../../otel-config/collector.yaml', import.meta.url));
const CLOSE_MILLIS = 20_000;
const timeoutMillis = 20_000;

const numbersOf = (records: readonly CollectedRecord[]) =>
  records.map(({ body }) => Number(/\d+/.exec(String(body))?.[0])).sort((a, b) => a - b);

for (const compression of ['none', 'gzip']) {
  test(`a collector that takes 4000 bytes gets it all in pieces (compression: ${compression})`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'otel-tcpaccept-config-'));
    t.after(() => rm(folder, { recursive: true }));
    const configPath = join(folder, 'collector.yaml');
    const shipped = await readFile(SHIPPED_CONFIG, 'utf8');
    const limited = shipped.replace(
      /endpoint: \$\{env:OTELCOL_HTTP_ENDPOINT.*/,
      '$&\n        max_request_body_size: 4000',
    );
    assert.notEqual(limited, shipped);
    await writeFile(configPath, limited);
    await using collector = await startCollector({ configPath });
    const it = await QueueUnderTest.open(collector.httpEndpoint, {
      environment: { OTEL_EXPORTER_OTLP_COMPRESSION: compression },
    });
    for (let request = 0; request < 4; request++) it.offer(100);
    await it.queue.close(CLOSE_MILLIS);
    it.assertFates({ delivered: 400 });
    assert.match(it.warnings[0]?.text ?? '', /sending it in halves$/);
    assert.deepEqual(numbersOf(await collector.waitForRecords(400, { timeoutMillis })), range(0, 400));
  });
}

test('what is offered before there is a collector, and while it is killed and started again, all arrives', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'otel-tcpaccept-records-'));
  t.after(() => rm(folder, { recursive: true }));
  const recordsPath = join(folder, 'records.jsonl');
  const [http = 0, grpc = 0, health = 0] = await freePorts(3);
  const ports = { http, grpc, health };
  const it = await QueueUnderTest.open(`http://127.0.0.1:${http}`, { giveUpAfterMillis: 120_000 });
  const offerMany = (requests: number) => {
    for (let request = 0; request < requests; request++) it.offer(100);
  };
  offerMany(50);
  await until(() => it.warnings.length > 0, 'it finds nobody');
  {
    await using collector = await startCollector({ recordsPath, ports });
    offerMany(50);
    await until(() => it.ledger.get('delivered') > 3000, 'much is delivered');
    offerMany(50);
    collector.kill('SIGKILL');
  }
  offerMany(50);
  await using collector = await startCollector({ recordsPath, ports });
  await it.queue.close(CLOSE_MILLIS);
  it.assertFates({ delivered: 20_000 });
  const collected = await collector.waitForRecords((records) => new Set(numbersOf(records)).size === 20_000, {
    timeoutMillis,
  });
  // At most the four requests that were under way when it was killed came twice.
  assert.ok(collected.length <= 20_400, `${collected.length} records`);
});
