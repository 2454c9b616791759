import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Collector, startCollector } from './collector.ts';
import { Container, containerdLevels, dockerLevels, whyNoContainers } from './container.ts';
import { keyOfAccept, keyOfRecord } from './expected-record.ts';
import { FakeKubernetes } from './fake-kubernetes.ts';
import { freePorts } from './free-ports.ts';
import { readLedger } from './ledger-line.ts';
import { TracerCommand } from './tracer-command.ts';

const ACCEPTS = 60;
const timeoutMillis = 30_000;
const AGENT = fileURLToPath(new URL('../../otel-config/agent.yaml', import.meta.url));
const GATEWAY = fileURLToPath(new URL('../../otel-config/gateway.yaml', import.meta.url));

const SHOP = {
  namespace: 'store',
  name: 'shop-6d4cf56db6-x2x7k',
  uid: '0f3a9c52-7d41-4be8-a6f0-1122334455aa',
  nodeName: 'node-1',
  replicaSet: { name: 'shop-6d4cf56db6', templateHash: '6d4cf56db6' },
  containers: [{ name: 'web', id: '5ac0'.repeat(16) }],
};
/** On another node: an agent that asks for it asks for too much. */
const ELSEWHERE = { ...SHOP, name: 'elsewhere', uid: '1f3a9c52-7d41-4be8-a6f0-1122334455aa', nodeName: 'node-2' };
/** Known to the API only by its uid: its container has not been reported yet. */
const FRESH = {
  ...SHOP,
  name: 'fresh',
  uid: '2f3a9c52-7d41-4be8-a6f0-1122334455aa',
  containers: [],
  replicaSet: undefined,
};
/** A static pod: the uid of its cgroup is a hash that the API does not know it by. */
const STATIC = {
  ...SHOP,
  name: 'proxy-node-1',
  uid: '3f3a9c52-7d41-4be8-a6f0-1122334455aa',
  containers: [{ name: 'proxy', id: 'ab12'.repeat(16) }],
  replicaSet: undefined,
};
const STATIC_HASH = '0123456789abcdef'.repeat(2);
const FRESH_CONTAINER = '77ee'.repeat(16);
const DOCKER_CONTAINER = 'd0c4'.repeat(16);

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'otel-tcpaccept-agent-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function assertNoWarning(collector: Collector): void {
  assert.doesNotMatch(collector.stderr(), /deprecated/i);
  assert.doesNotMatch(collector.stderr(), /\t(warn|error)\t/);
}

const skip = whyNoContainers();

test('the shipped agent and gateway: pod, namespace and deployment arrive on accepts, by container id, then pod uid', {
  skip,
}, async (t) => {
  const folder = await temporaryFolder(t);
  await using api = await FakeKubernetes.start([SHOP, ELSEWHERE, FRESH, STATIC]);
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, api.kubeconfig);

  await using store = await startCollector();
  await using gateway = await startCollector({
    configPath: GATEWAY,
    env: { LOKI_OTLP_ENDPOINT: store.httpEndpoint, OTELCOL_QUEUE_DIR: join(folder, 'gateway') },
  });
  await using agent = await startCollector({
    configPath: AGENT,
    env: {
      K8S_AUTH_TYPE: 'kubeConfig',
      KUBECONFIG: kubeconfig,
      K8S_NODE_NAME: 'node-1',
      OTELCOL_GATEWAY_ENDPOINT: `dns:///127.0.0.1:${gateway.ports.grpc}`,
      OTELCOL_QUEUE_DIR: join(folder, 'agent'),
    },
  });

  const [web] = SHOP.containers;
  const [proxy] = STATIC.containers;
  await using shop = await Container.start('shop', containerdLevels(SHOP.uid, web?.id ?? ''));
  await using fresh = await Container.start('fresh', containerdLevels(FRESH.uid, FRESH_CONTAINER));
  await using proxied = await Container.start('static', containerdLevels(STATIC_HASH, proxy?.id ?? ''));
  await using docker = await Container.start('docker', dockerLevels(DOCKER_CONTAINER));
  const containers = [shop, fresh, proxied, docker];
  const namespaces = containers.map(({ networkNamespacePath }) => networkNamespacePath).join(',');
  await using tracer = await TracerCommand.tracing(['--netns', namespaces, '--output', 'none'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: agent.httpEndpoint, OTEL_BLRP_SCHEDULE_DELAY: '50' },
  });
  const made = await Promise.all(containers.map((container) => container.connect(ACCEPTS)));
  const records = await store.waitForAccepts(containers.length * ACCEPTS, { timeoutMillis });
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);

  assert.equal(records.length, containers.length * ACCEPTS);
  const shopFacts = {
    'k8s.namespace.name': 'store',
    'k8s.pod.name': SHOP.name,
    'k8s.pod.uid': SHOP.uid,
    'k8s.deployment.name': 'shop',
    'k8s.node.name': 'node-1',
    'k8s.container.name': 'web',
    'container.id': web?.id,
  };
  const freshFacts = {
    'k8s.namespace.name': 'store',
    'k8s.pod.name': 'fresh',
    'k8s.pod.uid': FRESH.uid,
    'k8s.node.name': 'node-1',
    'container.id': FRESH_CONTAINER,
  };
  const staticFacts = {
    'k8s.namespace.name': 'store',
    'k8s.pod.name': STATIC.name,
    'k8s.pod.uid': STATIC_HASH,
    'k8s.node.name': 'node-1',
    'k8s.container.name': 'proxy',
    'container.id': proxy?.id,
  };
  const expected = [shopFacts, freshFacts, staticFacts, { 'container.id': DOCKER_CONTAINER }];
  for (const [i, facts] of expected.entries()) {
    const { acceptor } = containers[i] ?? assert.fail();
    const namespace = acceptor.facts.networkNamespace;
    const own = records.filter(({ attributes }) => attributes['tcpaccept.network_namespace'] === namespace);
    assert.deepEqual(own.map(keyOfRecord).sort(), made[i]?.map(keyOfAccept).sort());
    for (const { resource, attributes, eventName } of own) {
      const known = Object.entries(resource).filter(([name]) => /^(k8s|container)\./.test(name));
      assert.deepEqual(Object.fromEntries(known), facts);
      assert.equal(resource['service.name'], 'otel-tcpaccept');
      assert.equal(attributes['container.id'], undefined);
      assert.equal(attributes['event_name'], eventName);
    }
  }
  assert.ok(api.requests.length > 0);
  for (const path of api.requests) {
    assert.match(path, /^\/api\/v1\/pods\?.*fieldSelector=spec\.nodeName%3Dnode-1/);
  }
  for (const collector of [agent, gateway]) assertNoWarning(collector);
});

test('the gateway down and then killed: what the agent took waits on disk and arrives, each once', {
  skip,
}, async (t) => {
  const folder = await temporaryFolder(t);
  await using api = await FakeKubernetes.start([]);
  await writeFile(join(folder, 'kubeconfig'), api.kubeconfig);
  const [http = 0, grpc = 0, health = 0] = await freePorts(3);
  const agentOptions = {
    configPath: AGENT,
    env: {
      K8S_AUTH_TYPE: 'kubeConfig',
      KUBECONFIG: join(folder, 'kubeconfig'),
      K8S_NODE_NAME: 'node-1',
      OTELCOL_GATEWAY_ENDPOINT: `dns:///127.0.0.1:${grpc}`,
      OTELCOL_QUEUE_DIR: join(folder, 'agent'),
    },
  };
  await using container = await Container.start('outage', dockerLevels(DOCKER_CONTAINER));
  const agent = await startCollector(agentOptions);
  await using tracer = await TracerCommand.tracing(['--netns', container.networkNamespacePath, '--output', 'none'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: agent.httpEndpoint, OTEL_BLRP_SCHEDULE_DELAY: '50' },
  });
  const made = await container.connect(ACCEPTS);
  const { stderr } = await tracer.stop();
  const { drained, reports, delivered } = readLedger(stderr);
  assert.deepEqual([drained, delivered], [ACCEPTS, ACCEPTS + reports]);
  agent.kill('SIGKILL');
  await agent.stop();

  await using store = await startCollector();
  const ports = { http, grpc, health };
  await using gateway = await startCollector({
    configPath: GATEWAY,
    ports,
    env: { LOKI_OTLP_ENDPOINT: store.httpEndpoint, OTELCOL_QUEUE_DIR: join(folder, 'gateway') },
  });
  await using again = await startCollector(agentOptions);
  const records = await store.waitForAccepts(ACCEPTS, { timeoutMillis });
  assert.deepEqual(records.map(keyOfRecord).sort(), made.map(keyOfAccept).sort());
  for (const collector of [gateway, again]) assertNoWarning(collector);
});
