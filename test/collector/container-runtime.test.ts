import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Containerd } from '../containers/containerd.ts';
import { DockerEngine } from '../containers/docker-engine.ts';
import { ImageArchive } from '../containers/image-archive.ts';
import { whyNoRuntime } from '../containers/runtime-daemon.ts';
import { PATIENCE_MILLIS } from '../in-time.ts';
import { startCollector } from './collector.ts';
import { freePorts } from './free-ports.ts';
import { runCommand, TracerCommand } from './tracer-command.ts';

// Docker and containerd are real, of Debian's packages. cri-o is in no Debian 12: it is asked by the same protocol.
const IMAGE_NAME = 'registry.test:5000/shop/web';
const IMAGE = `${IMAGE_NAME}:1.4`;

/** What is asserted of a record. */
const NAMES = [
  'container.id',
  'container.name',
  'container.image.name',
  'container.image.tags',
  'container.image.id',
  'container.runtime.name',
  'k8s.pod.uid',
  'k8s.pod.name',
  'k8s.namespace.name',
  'k8s.container.name',
];

test('accepts in containers of Docker and containerd have names and images at the collector', {
  skip: whyNoRuntime(),
}, async () => {
  using archive = new ImageArchive(IMAGE);
  await using docker = await DockerEngine.start();
  await using containerd = await Containerd.start(IMAGE);
  await Promise.all([docker.docker('load', '--input', archive.path), containerd.load(archive.path)]);
  const [before = 0, later = 0, inPod = 0, laterInPod = 0] = await freePorts(4);
  const pod = (name: string, port: number) =>
    containerd.runPod({ namespace: 'store', pod: name, container: 'web', image: IMAGE, command: serverOn(port) });
  const web = await docker.run('web', IMAGE, serverOn(before));
  const shop = await pod('shop-0', inPod);
  await using collector = await startCollector();
  const runtimes = `unix://${docker.socketPath},${containerd.socketPath}`;
  const ports = [before, later, inPod, laterInPod];
  await using tracer = await TracerCommand.tracing(
    ['-P', ports.join(','), '--output', 'ndjson', '--container-runtime', runtimes],
    { env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpEndpoint, OTEL_BLRP_SCHEDULE_DELAY: '50' } },
  );
  await acceptOne(before);
  await acceptOne(inPod);
  // What runs already has its names from the first accept on; what starts now is asked for at its first.
  const batch = await docker.run('batch-7', IMAGE, serverOn(later));
  const cart = await pod('cart-0', laterInPod);
  for (const port of [later, laterInPod]) {
    await tracer.until(() => {
      connect(port, '127.0.0.1')
        .on('error', () => {})
        .resume();
      return tracer.accepts.some((row) => row['network.local.port'] === port && row['container.name'] !== undefined);
    }, `accepts on ${port} have names`);
  }
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /warning/);

  const records = await collector.accepts();
  const image = { 'container.image.name': IMAGE_NAME, 'container.image.tags': ['1.4'] };
  const inDocker = (name: string, { id, imageId }: typeof web) => ({
    'container.id': id,
    'container.name': name,
    ...image,
    'container.image.id': imageId,
    'container.runtime.name': 'docker',
  });
  // containerd identifies an image that came from no registry by the digest of its configuration, as Docker does.
  const inContainerd = (name: string, { containerId, podUid }: typeof shop) => ({
    'container.id': containerId,
    'container.name': 'web',
    ...image,
    'container.image.id': web.imageId,
    'k8s.pod.uid': podUid,
    'k8s.pod.name': name,
    'k8s.namespace.name': 'store',
    'k8s.container.name': 'web',
  });
  const expected = [
    [before, inDocker('web', web)],
    [inPod, inContainerd('shop-0', shop)],
    [later, inDocker('batch-7', batch)],
    [laterInPod, inContainerd('cart-0', cart)],
  ] as const;
  for (const [port, names] of expected) {
    const ofPort = records.filter(({ attributes }) => attributes['network.local.port'] === port);
    const { attributes = {} } = ofPort.at(-1) ?? {};
    const found = NAMES.flatMap((name) => (name in attributes ? [[name, attributes[name]]] : []));
    assert.deepEqual(Object.fromEntries(found), names);
    for (const record of ofPort) assert.equal(record.attributes['container.id'], names['container.id']);
  }
  assert.equal(records.filter(({ attributes }) => attributes['network.local.port'] === before).length, 1);
});

test('Docker goes away and comes back: one warning, records go on, then they have names again', {
  skip: whyNoRuntime(),
}, async () => {
  using archive = new ImageArchive(IMAGE);
  await using docker = await DockerEngine.start();
  await docker.docker('load', '--input', archive.path);
  const [first = 0, second = 0] = await freePorts(2);
  await using tracer = await TracerCommand.tracing([
    ...['-P', `${first},${second}`, '--output', 'ndjson', '--container-runtime', docker.socketPath],
  ]);
  await docker.run('first', IMAGE, serverOn(first));
  await docker.run('second', IMAGE, serverOn(second));
  await docker.stop();
  await acceptOne(first);
  await acceptOne(second);
  // A record does not wait for the answer, nor for there being none.
  await tracer.until(
    () => tracer.accepts.length >= 2 && /warning/.test(tracer.stderr),
    'both are printed, one warned of',
  );
  for (const row of tracer.accepts) {
    assert.match(String(row['container.id']), /^[0-9a-f]{64}$/);
    assert.equal(row['container.name'], undefined);
  }
  assert.equal(tracer.stderr.match(/warning/g)?.length, 1, tracer.stderr);
  assert.match(
    tracer.stderr,
    /warning: containers not known yet stay without names until it is back: docker at \/.*\n/,
  );
  await docker.startAgain();
  const named = (port: number) =>
    tracer.accepts.some((row) => row['network.local.port'] === port && row['container.name'] !== undefined);
  const deadline = performance.now() + PATIENCE_MILLIS;
  while (!(named(first) && named(second)) && performance.now() < deadline) {
    await acceptOne(first);
    await acceptOne(second);
    await pause(50);
  }
  const names = new Set(tracer.accepts.map((row) => row['container.name']));
  assert.deepEqual([...names].sort(), ['first', 'second', undefined]);
  assert.equal((await tracer.stop()).code, 0);
});

test('a runtime that does not answer is refused at the start, with the sockets tried', async (t) => {
  const cases: readonly [string, RegExp][] = [
    [
      '/run/nobody-here.sock',
      /the container runtime \/run\/nobody-here\.sock does not answer: there is no socket \/run\/nobody-here\.sock; start it/,
    ],
    ['/dev/null', /does not answer: docker at \/dev\/null: .*; CRI at \/dev\/null: .*; start it/],
  ];
  for (const [runtime, sentence] of cases) {
    await t.test(runtime, async () => {
      const { code, stderr } = await runCommand(['--container-runtime', runtime, '--duration', '1']);
      assert.match(stderr, sentence);
      assert.equal(stderr.trim().split('\n').length, 1);
      assert.equal(code, 2);
    });
  }
});

test('nothing that asks a runtime is loaded unless a runtime is wanted', { skip: whyNoRuntime() }, async () => {
  const hook = `import { registerHooks } from 'node:module';
    registerHooks({ load: (url, context, next) => (process.stderr.write('loads ' + url + '\\n'), next(url, context)) });`;
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hook)}` };
  const loaded = async (...args: string[]) => {
    const { stderr } = await runCommand(['--duration', '0.1', '--output', 'none', ...args], { env });
    return stderr.match(/loads .*(identity\/runtime|@grpc)\/\S+/g) ?? [];
  };
  assert.deepEqual(await loaded(), []);
  assert.notDeepEqual(await loaded('--container-runtime', '/run/nobody-here.sock'), []);
});

/** A server that accepts for ever. */
function serverOn(port: number): string[] {
  return ['httpd', '-f', '-p', `127.0.0.1:${port}`];
}

/** One connection, as soon as the server listens. */
async function acceptOne(port: number): Promise<void> {
  const deadline = performance.now() + PATIENCE_MILLIS;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await pause(20);
    } finally {
      socket.destroy();
    }
  }
}
