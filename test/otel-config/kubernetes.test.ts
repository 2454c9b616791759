import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseAllDocuments, parse as parseYaml } from 'yaml';

const ROOT = new URL('../../', import.meta.url);
const documents = parseAllDocuments(readFileSync(new URL('otel-config/kubernetes.yaml', ROOT), 'utf8'));
const objects = documents.map((document) => {
  assert.deepEqual(document.errors, []);
  return document.toJS();
});
const daemonSet = objects.find(({ kind }) => kind === 'DaemonSet');
const pod = daemonSet.spec.template.spec;
const compose = parseYaml(readFileSync(new URL('docker-compose.yml', ROOT), 'utf8'));

test('the DaemonSet runs what docker-compose.yml runs, with the same capabilities', () => {
  const [tracer, agent] = pod.containers;
  assert.deepEqual(tracer.args, compose.services['otel-tcpaccept'].command);
  assert.deepEqual(tracer.securityContext.capabilities.add, compose.services['otel-tcpaccept'].cap_add);
  assert.equal(agent.image, compose.services.collector.image);
  for (const { securityContext } of [tracer, agent]) {
    assert.deepEqual(securityContext.capabilities.drop, ['ALL']);
    assert.equal(securityContext.privileged, undefined);
  }
  assert.deepEqual(agent.securityContext.capabilities.add, undefined);
});

test('what is mounted, selected and bound is there', () => {
  const volumes = pod.volumes.map(({ name }: { name: string }) => name).sort();
  const mounts = pod.containers.flatMap(({ volumeMounts }: { volumeMounts: { name: string }[] }) =>
    volumeMounts.map(({ name }) => name),
  );
  assert.deepEqual(mounts.sort(), volumes);
  assert.deepEqual(daemonSet.spec.selector.matchLabels, daemonSet.spec.template.metadata.labels);
  for (const { kind, metadata } of objects) {
    if (kind === 'ServiceAccount' || kind === 'DaemonSet') assert.equal(metadata.namespace, 'otel-tcpaccept');
    assert.equal(metadata.name, 'otel-tcpaccept');
  }
});

test('the agent may do all that k8s_attributes does, has the variables of its configuration, and reads nothing else', () => {
  const { rules } = objects.find(({ kind }) => kind === 'ClusterRole');
  assert.deepEqual(rules, [{ apiGroups: [''], resources: ['pods', 'namespaces'], verbs: ['get', 'list', 'watch'] }]);
  const config = readFileSync(new URL('otel-config/agent.yaml', ROOT), 'utf8');
  for (const { name } of pod.containers[1].env) assert.ok(config.includes(name), name);
});
