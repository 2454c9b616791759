import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readOtlpEnvironment } from '../../src/export/otlp-environment.ts';
import { OtlpTransport } from '../../src/export/transport/otlp-transport.ts';
import { ATTRIBUTES } from '../../src/record/attributes.ts';
import { Acceptor } from '../collector/acceptor.ts';
import { type Collector, startCollector } from '../collector/collector.ts';
import { connect } from '../collector/connector.ts';
import { assertLedger } from '../collector/ledger-line.ts';
import { TracerCommand } from '../collector/tracer-command.ts';
import { buildFlood, Flood } from '../kernel/flood.ts';
import { Loki } from './loki.ts';
import { encode, hostResource, post, type SeedAccept, seedRecord } from './seed.ts';

const GATEWAY = fileURLToPath(new URL('../../otel-config/gateway.yaml', import.meta.url));
const QUERIES_PAGE = new URL('../../docs/queries.md', import.meta.url);
const HOUR = 3_600_000;
const ACCEPTS_A_SECOND = 5000;
const SECONDS = 10;
const REQUEST_RECORDS = 500;
const ALL = '{service_name="otel-tcpaccept"}';
const COUNT = `sum(count_over_time(${ALL} [24h]))`;

async function startGateway(t: TestContext, loki: Loki): Promise<Collector> {
  const folder = await mkdtemp(join(tmpdir(), 'otel-tcpaccept-gateway-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const env = { LOKI_OTLP_ENDPOINT: loki.otlpEndpoint, OTELCOL_QUEUE_DIR: folder };
  return startCollector({ configPath: GATEWAY, env });
}

function seeds(count: number, fromUnixMillis: number, stepMillis: number): SeedAccept[] {
  return Array.from({ length: count }, (_, i) => ({
    unixMillis: fromUnixMillis + i * stepMillis,
    peer: `10.1.${(i >> 8) & 255}.${i & 255}`,
    port: 443,
    executable: 'nginx',
  }));
}

test("real accepts: Loki's own default labels, all else structured metadata, each record once, of the size that the page says", async (t) => {
  await using loki = await Loki.start();
  await using gateway = await startGateway(t, loki);
  await using acceptor = await Acceptor.start({ listeners: [{ family: 'inet', address: '127.0.0.1' }] });
  const begun = Date.now();
  await using tracer = await TracerCommand.tracing(['-P', acceptor.ports.join(','), '--output', 'none'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: gateway.httpEndpoint, OTEL_BLRP_SCHEDULE_DELAY: '50' },
  });
  const made = await connect(acceptor.targets(), 50, { awaits: true });
  await loki.untilCount(COUNT, 50);
  assert.equal((await tracer.stop()).code, 0);

  const streams = await loki.lines(ALL, begun - 1000);
  assert.equal(streams.length, 1);
  const [{ stream, values } = assert.fail()] = streams;
  assert.deepEqual(Object.keys(stream).sort(), ['service_instance_id', 'service_name']);
  const names = new Set([...ATTRIBUTES.map(({ name }) => name), 'event.name'].map((name) => name.replaceAll('.', '_')));
  const peers = values.map(([, line, more]) => {
    const { structuredMetadata = {} } = more ?? {};
    assert.equal(structuredMetadata['event_name'], 'tcpaccept.connection.accepted');
    assert.equal(structuredMetadata['network_local_port'], String(acceptor.ports[0]));
    assert.equal(structuredMetadata['severity_number'], '9');
    assert.equal(structuredMetadata['process_pid'], String(acceptor.facts.pid));
    assert.match(line, /\] accepted 127\.0\.0\.1:/);
    const ours = Object.keys(structuredMetadata).filter((name) => /^(tcpaccept|network|process)_/.test(name));
    for (const name of ours) assert.ok(names.has(name), name);
    return Number(structuredMetadata['network_peer_port']);
  });
  assert.deepEqual(peers.sort(), made.map(({ peerPort }) => peerPort).sort());

  const [, kilobytes = assert.fail()] =
    /names and values are about (\d\.\d) KB/.exec(readFileSync(QUERIES_PAGE, 'utf8')) ?? [];
  const sizes = values.map(([, line, more]) => countedBytes(line, more?.structuredMetadata ?? {}));
  t.diagnostic(`${Math.min(...sizes)} to ${Math.max(...sizes)} B as Loki counts them`);
  for (const bytes of sizes) assert.ok(Math.abs(bytes - Number(kilobytes) * 1000) < 200, `${bytes} B`);
});

/** What Loki's limits count of a record: its line and all structured metadata but the level that Loki adds. */
function countedBytes(line: string, metadata: Readonly<Record<string, string>>): number {
  const more = Object.entries(metadata).filter(([name]) => name !== 'detected_level');
  return Buffer.byteLength(line) + more.reduce((sum, [name, value]) => sum + Buffer.byteLength(name + value), 0);
}

test('10,000 records sent again are dropped, also in a burst; beyond a block they are counted again, and shown once', async (t) => {
  await using loki = await Loki.start();
  const from = Date.now() - 60_000;
  const requestsOf = (records: number, fromUnixMillis: number) =>
    Array.from({ length: records / REQUEST_RECORDS }, (_, i) =>
      encode(hostResource('host-1'), seeds(REQUEST_RECORDS, fromUnixMillis + i * 100, 0.2).map(seedRecord)),
    );
  const requests = requestsOf(10_000, from);
  // The answers were lost: at once, as the tracer does, and all of them, as after a restart.
  for (const body of requests) {
    await post(loki.otlpEndpoint, body);
    await post(loki.otlpEndpoint, body);
  }
  for (const body of requests) await post(loki.otlpEndpoint, body);
  await loki.untilCount(COUNT, 10_000);
  const streams = await loki.lines(ALL, from - 1000, from + 400);
  assert.equal(streams.flatMap(({ values }) => values).length, 2000);

  const [first = assert.fail()] = requests;
  for (const body of requestsOf(70_000, from + 20_000)) await post(loki.otlpEndpoint, body);
  await loki.untilCount(COUNT, 80_000);
  await post(loki.otlpEndpoint, first);
  const [sample] = await loki.samples(COUNT);
  t.diagnostic(`${Number(sample?.value[1]) - 80_000} of ${REQUEST_RECORDS} counted again after 70,000 others`);
  const again = await loki.lines(ALL, from - 1000, from + 100);
  assert.equal(again.flatMap(({ values }) => values).length, REQUEST_RECORDS);
});

test('a batch sent again makes no second line', async (t) => {
  await using loki = await Loki.start();
  await using gateway = await startGateway(t, loki);
  const body = encode(hostResource('host-1'), seeds(200, Date.now() - 60_000, 10).map(seedRecord));
  for (let sent = 0; sent < 3; sent++) await post(gateway.httpEndpoint, body);
  // Direct, too: then Loki has another record, without the event's name, which is how one sees that all have come.
  await post(loki.otlpEndpoint, encode(hostResource('last'), seeds(1, Date.now(), 1).map(seedRecord)));
  await loki.untilCount(COUNT, 201);
  await gateway.stop(); // with its queue delivered
  await loki.untilCount(COUNT, 201);
});

test(`the shipped limits take ${ACCEPTS_A_SECOND} accepts a second of one host for ${SECONDS} s, none refused`, async (t) => {
  await using loki = await Loki.start();
  const requests = Array.from({ length: SECONDS * (ACCEPTS_A_SECOND / REQUEST_RECORDS) }, (_, i) => {
    const from = Date.now() - SECONDS * 1000 + i * REQUEST_RECORDS * 0.2;
    return encode(hostResource('host-1'), seeds(REQUEST_RECORDS, from, 0.2).map(seedRecord));
  });
  const bytes = requests.reduce((sum, { length }) => sum + length, 0);
  const begun = performance.now();
  for (const [i, body] of requests.entries()) {
    // At the promised pace, or later when Loki is slow; a refusal fails.
    const due = begun + (i * REQUEST_RECORDS * 1000) / ACCEPTS_A_SECOND;
    if (due > performance.now()) await pause(due - performance.now());
    await post(loki.otlpEndpoint, body);
  }
  const seconds = (performance.now() - begun) / 1000;
  const each = bytes / (SECONDS * ACCEPTS_A_SECOND);
  t.diagnostic(`${SECONDS * ACCEPTS_A_SECOND} records of ${each.toFixed(0)} B in ${seconds.toFixed(1)} s`);
  await loki.untilCount(COUNT, SECONDS * ACCEPTS_A_SECOND);
});

test(`${ACCEPTS_A_SECOND} real accepts a second for ${SECONDS} s, tracer to gateway to Loki: none is answered 429, all have lines`, async (t) => {
  const { program, remove } = buildFlood();
  t.after(remove);
  await using loki = await Loki.start();
  await using gateway = await startGateway(t, loki);
  await using flood = await Flood.start(program);
  const options = ['-P', flood.ports.join(','), '--mode', 'events', '--output', 'none'];
  await using tracer = await TracerCommand.tracing(options, {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: gateway.httpEndpoint },
  });
  const total = ACCEPTS_A_SECOND * SECONDS;
  const begun = performance.now();
  for (let made = 0; made < total; made += REQUEST_RECORDS) {
    const due = begun + (made * 1000) / ACCEPTS_A_SECOND;
    if (due > performance.now()) await pause(due - performance.now());
    await flood.run({ connections: REQUEST_RECORDS, sources: 100 });
  }
  const seconds = (performance.now() - begun) / 1000;
  t.diagnostic(`${total} accepts in ${seconds.toFixed(1)} s`);
  await loki.untilCount(COUNT, total);
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  assertLedger(stderr, { submitted: total, drained: total, delivered: total, unprinted: total });
  await gateway.stop();
  assert.doesNotMatch(gateway.stderr(), /429|Exporting failed|rate limit/i);
  const statuses = await loki.statusesOf('otlp_v1_logs');
  t.diagnostic(`Loki answered ${JSON.stringify(Object.fromEntries(statuses))}`);
  assert.deepEqual([...statuses.keys()], ['204']);
});

test("a host's 3 hours of backlog is taken while another host is live; what Loki would refuse is refused", async () => {
  await using loki = await Loki.start();
  const { settings } = readOtlpEnvironment({ OTEL_EXPORTER_OTLP_ENDPOINT: loki.otlpEndpoint });
  // The transport's parser reads the environment of its process.
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = loki.otlpEndpoint;
  const transport = await OtlpTransport.open(settings);
  delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  const live = async () => {
    const outcome = await transport.send(encode(hostResource('live'), seeds(10, Date.now(), 0.1).map(seedRecord)));
    assert.equal(outcome.kind, 'delivered', JSON.stringify(outcome));
  };
  const from = Date.now() - 3 * HOUR;
  await live();
  const steps = 18;
  for (let step = 0; step < steps; step++) {
    const backlog = seeds(100, from + (step * 3 * HOUR) / steps, HOUR / 600 - 1);
    const outcome = await transport.send(encode(hostResource('back'), backlog.map(seedRecord)));
    assert.equal(outcome.kind, 'delivered', JSON.stringify(outcome));
    await live();
  }
  await loki.untilCount(`sum(count_over_time({service_instance_id="back"} [24h]))`, steps * 100);
  await loki.untilCount(`sum(count_over_time({service_instance_id="live"} [24h]))`, (steps + 1) * 10);

  // Why the backlog goes first, and why a host is a stream of its own.
  const late = await transport.send(encode(hostResource('live'), seeds(1, from, 1).map(seedRecord)));
  assert.equal(late.kind, 'rejected', JSON.stringify(late));
  transport.close();
});
