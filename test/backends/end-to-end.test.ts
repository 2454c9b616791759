import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startCollector } from '../collector/collector.ts';
import { Container, containerdLevels, dockerLevels, whyNoContainers } from '../collector/container.ts';
import { keyOfAccept } from '../collector/expected-record.ts';
import { FakeKubernetes } from '../collector/fake-kubernetes.ts';
import { TracerCommand } from '../collector/tracer-command.ts';
import { pageQuery } from '../otel-config/shipped-queries.ts';
import { Loki } from './loki.ts';

const ACCEPTS = 200;
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
const DOCKER_CONTAINER = 'd0c4'.repeat(16);

test('tracer, agent, gateway, Loki: every accept is found with its container and pod', {
  skip: whyNoContainers(),
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'otel-tcpaccept-end-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await using loki = await Loki.start();
  await using api = await FakeKubernetes.start([SHOP]);
  await writeFile(join(folder, 'kubeconfig'), api.kubeconfig);
  await using gateway = await startCollector({
    configPath: GATEWAY,
    env: { LOKI_OTLP_ENDPOINT: loki.otlpEndpoint, OTELCOL_QUEUE_DIR: join(folder, 'gateway') },
  });
  await using agent = await startCollector({
    configPath: AGENT,
    env: {
      K8S_AUTH_TYPE: 'kubeConfig',
      KUBECONFIG: join(folder, 'kubeconfig'),
      K8S_NODE_NAME: 'node-1',
      OTELCOL_GATEWAY_ENDPOINT: `dns:///127.0.0.1:${gateway.ports.grpc}`,
      OTELCOL_QUEUE_DIR: join(folder, 'agent'),
    },
  });
  const [web] = SHOP.containers;
  await using shop = await Container.start('shop', containerdLevels(SHOP.uid, web?.id ?? ''));
  await using docker = await Container.start('docker', dockerLevels(DOCKER_CONTAINER));
  const namespaces = [shop, docker].map(({ networkNamespacePath }) => networkNamespacePath).join(',');
  const begun = Date.now();
  await using tracer = await TracerCommand.tracing(['--netns', namespaces, '--output', 'none'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: agent.httpEndpoint },
  });
  const [inShop, inDocker] = await Promise.all([shop.connect(ACCEPTS), docker.connect(ACCEPTS)]);
  await loki.untilCount('sum(count_over_time({service_name="otel-tcpaccept"} [1h]))', 2 * ACCEPTS);
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);

  const found = async (query: string) => {
    const streams = await loki.lines(query, begun - 1000);
    const values = streams.flatMap((stream) => stream.values);
    return values.map(([, , more]) => keyOf(more?.structuredMetadata ?? {})).sort();
  };
  const inPod = `{service_name="otel-tcpaccept", k8s_namespace_name="store", k8s_pod_name="${SHOP.name}", k8s_deployment_name="shop", k8s_container_name="web"}`;
  assert.deepEqual(await found(`${inPod} | container_id="${web?.id}"`), inShop.map(keyOfAccept).sort());
  const ofDocker = `{service_name="otel-tcpaccept", k8s_pod_name=""} | container_id="${DOCKER_CONTAINER}"`;
  assert.deepEqual(await found(ofDocker), inDocker.map(keyOfAccept).sort());

  const pods = await loki.samples(pageQuery('Which pods accept how much?'));
  assert.deepEqual(
    pods.map(({ metric, value: [, count] }) => [metric, count]),
    [[{ k8s_namespace_name: 'store', k8s_pod_name: SHOP.name }, String(ACCEPTS)]],
  );
});

function keyOf(metadata: Readonly<Record<string, string>>): string {
  return keyOfAccept({
    peerAddress: metadata['network_peer_address'] ?? '',
    peerPort: Number(metadata['network_peer_port']),
    localAddress: metadata['network_local_address'] ?? '',
    localPort: Number(metadata['network_local_port']),
  });
}
