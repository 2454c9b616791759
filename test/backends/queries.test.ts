import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Collector, startCollector } from '../collector/collector.ts';
import { dashboardQueries, pageQueries, pageQuery } from '../otel-config/shipped-queries.ts';
import { Loki } from './loki.ts';
import { encode, hostResource, post, type SeedAccept, seedLoss, seedRecord, seedSummary } from './seed.ts';

const GATEWAY = fileURLToPath(new URL('../../otel-config/gateway.yaml', import.meta.url));
const MINUTE = 60_000;
const now = Date.now();
const resource = hostResource('host-1');
const podResource = hostResource('host-1', {
  'container.id': '5ac0'.repeat(16),
  'k8s.namespace.name': 'store',
  'k8s.pod.name': 'shop-0',
  'k8s.deployment.name': 'shop',
});

/** `count` accepts, a second apart, the last `agoMinutes` ago. */
function accepts(count: number, agoMinutes: number, seed: Omit<SeedAccept, 'unixMillis'>): SeedAccept[] {
  return Array.from({ length: count }, (_, i) => ({ ...seed, unixMillis: now - agoMinutes * MINUTE - i * 1000 }));
}

const EARLIER = accepts(4, 300, { peer: '10.0.0.5', port: 443, executable: 'nginx' });
const LATELY = [
  ...accepts(7, 20, {
    peer: '10.0.0.5',
    port: 443,
    executable: 'nginx',
    waitedMillis: 40,
    queueLength: 64,
    queueLimit: 128,
  }),
  ...accepts(3, 15, { peer: '203.0.113.9', port: 443, executable: 'nginx', waitedMillis: 40, queueLimit: 128 }),
  ...accepts(5, 10, {
    peer: '10.0.0.6',
    port: 22,
    executable: 'sshd',
    waitedMillis: 250,
    queueLength: 1,
    queueLimit: 128,
  }),
];
const IN_POD = accepts(6, 5, { peer: '192.168.1.7', port: 8080, executable: 'node', waitedMillis: 2 });

let loki: Loki;
let gateway: Collector;
let folder: string;

before(async () => {
  loki = await Loki.start();
  folder = await mkdtemp(join(tmpdir(), 'otel-tcpaccept-queries-'));
  const env = { LOKI_OTLP_ENDPOINT: loki.otlpEndpoint, OTELCOL_QUEUE_DIR: folder };
  gateway = await startCollector({ configPath: GATEWAY, env });
  // The oldest first: Loki refuses what is an hour behind its stream.
  const all = 'sum(count_over_time({service_name="otel-tcpaccept"} [24h]))';
  await post(gateway.httpEndpoint, encode(resource, EARLIER.map(seedRecord)));
  await loki.untilCount(all, EARLIER.length);
  const losses = [seedLoss('ring_full', 12, now - 8 * MINUTE), seedLoss('ring_full', 3, now - 7 * MINUTE)];
  losses.push(seedLoss('dropped', 100, now - 6 * MINUTE));
  const summaries = [
    seedSummary('10.0.0.5', 443, 1200, now - 4 * MINUTE),
    seedSummary('10.0.0.5', 443, 800, now - 3 * MINUTE),
    seedSummary('10.0.0.6', 22, 50, now - 3 * MINUTE),
  ];
  await post(gateway.httpEndpoint, encode(resource, LATELY.map(seedRecord), losses, summaries));
  await post(gateway.httpEndpoint, encode(podResource, IN_POD.map(seedRecord)));
  await loki.untilCount(all, EARLIER.length + LATELY.length + losses.length + summaries.length + IN_POD.length);
});

after(async () => {
  await gateway?.stop();
  await loki?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** What the page's query under this heading answers now: the values by their labels. */
async function answerTo(title: string): Promise<Record<string, number>> {
  const samples = await loki.samples(pageQuery(title), now);
  return Object.fromEntries(
    samples.map(({ metric, value: [, value] }) => [
      Object.entries(metric)
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([name, text]) => `${name}=${text}`)
        .join(' '),
      Number(value),
    ]),
  );
}

const ANSWERS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'Who is hammering port 443?': { 'network_peer_address=10.0.0.5': 7, 'network_peer_address=203.0.113.9': 3 },
  'Which accept queues are slowest?': {
    'network_local_port=22 process_executable_name=sshd': 0.25,
    'network_local_port=443 process_executable_name=nginx': 0.04,
    'network_local_port=8080 process_executable_name=node': 0.002,
  },
  'Which listener is near its backlog?': {
    'network_local_port=443': 0.5,
    'network_local_port=22': 1 / 128,
    'network_local_port=8080': 0,
  },
  'Which peers are new?': {
    'network_peer_address=203.0.113.9': 3,
    'network_peer_address=10.0.0.6': 5,
    'network_peer_address=192.168.1.7': 6,
  },
  'Which pods accept how much?': { 'k8s_namespace_name=store k8s_pod_name=shop-0': 6 },
  'Which process accepts on which port?': {
    'network_local_port=443 process_executable_name=nginx': 10,
    'network_local_port=22 process_executable_name=sshd': 5,
    'network_local_port=8080 process_executable_name=node': 6,
  },
  'Who comes from outside?': { 'network_peer_address=203.0.113.9': 3 },
  'Who came while accepts were only counted?': {
    'network_local_port=443 network_peer_address=10.0.0.5': 2000,
    'network_local_port=22 network_peer_address=10.0.0.6': 50,
  },
  'What was lost, and why?': { 'tcpaccept_loss_cause=ring_full': 15, 'tcpaccept_loss_cause=dropped': 100 },
};

test('every query of the page has an answer here', () => {
  assert.deepEqual([...pageQueries().keys()], Object.keys(ANSWERS));
});

for (const [title, expected] of Object.entries(ANSWERS)) {
  test(title, async () => {
    assert.deepEqual(await answerTo(title), expected);
  });
}

for (const { title, query } of dashboardQueries()) {
  test(`the dashboard's "${title}" has rows: ${query.slice(0, 40)}`, async () => {
    const rows = await loki.series(query, now - 60 * MINUTE, now);
    assert.ok(rows.length > 0);
    for (const { metric = {} } of rows) for (const value of Object.values(metric)) assert.notEqual(value, '');
  });
}
