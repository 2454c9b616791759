import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { ContainerFacts } from '../../../src/identity/runtime/container-facts.ts';
import { NamedContainers, type NamedContainersOptions } from '../../../src/identity/runtime/named-containers.ts';
import { type RuntimeClient, RuntimeFailure } from '../../../src/identity/runtime/runtime-client.ts';

const idOf = (number: number) => number.toString(16).padStart(64, '0');

function factsOf(name: string): ContainerFacts {
  const nothing = { imageName: undefined, imageTags: undefined, imageId: undefined };
  return { name, ...nothing, podName: undefined, namespaceName: undefined, podContainerName: undefined };
}

/** A runtime whose answers are given by the test; real ones are in test/collector/container-runtime.test.ts. */
class Runtime implements RuntimeClient {
  readonly description = 'a runtime';
  readonly asked: string[] = [];
  underWay = 0;
  mostUnderWay = 0;
  answer: (containerId: string) => Promise<ContainerFacts | undefined> = async (id) => factsOf(`c${id}`);

  list(): Promise<ReadonlyMap<string, ContainerFacts>> {
    return Promise.resolve(new Map());
  }

  async find(containerId: string): Promise<ContainerFacts | undefined> {
    this.asked.push(containerId);
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    try {
      return await this.answer(containerId);
    } finally {
      this.underWay--;
    }
  }

  close(): void {}
}

function named(clients: readonly Runtime[], options: Partial<NamedContainersOptions> = {}) {
  const warnings: string[] = [];
  const learnt: string[] = [];
  const containers = new NamedContainers({
    clients,
    warn: (cause) => warnings.push(cause),
    retryMillis: 5,
    ...options,
  });
  containers.onLearnt = (_containerId, { name = '' }) => learnt.push(name);
  return { containers, warnings, learnt };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, 'that did not happen');
    await pause(1);
  }
}

test('a container is asked for once, however often it is met, and its answer is told', async () => {
  const runtime = new Runtime();
  const { containers, learnt } = named([runtime]);
  for (let i = 0; i < 3; i++) assert.equal(containers.factsOf(idOf(1)), undefined);
  await until(() => learnt.length === 1);
  assert.equal(containers.factsOf(idOf(1))?.name, `c${idOf(1)}`);
  assert.deepEqual(runtime.asked, [idOf(1)]);
});

test('what was known at the start is not asked for', () => {
  const runtime = new Runtime();
  const { containers } = named([runtime], { known: [[idOf(1), factsOf('web')]] });
  assert.equal(containers.factsOf(idOf(1))?.name, 'web');
  assert.deepEqual(runtime.asked, []);
});

test('an id that a runtime may take for a name or a beginning is not asked for', () => {
  const runtime = new Runtime();
  const { containers } = named([runtime]);
  for (const id of ['', 'web', '0123456789ab', `${'a'.repeat(32)}-1234567890`]) containers.factsOf(id);
  assert.deepEqual(runtime.asked, []);
});

test('the second runtime is asked for what the first does not know; what nobody knows is not asked for again', async () => {
  const [first, second] = [new Runtime(), new Runtime()];
  first.answer = async () => undefined;
  second.answer = async (id) => (id === idOf(1) ? factsOf('web') : undefined);
  const { containers, learnt, warnings } = named([first, second]);
  containers.factsOf(idOf(1));
  containers.factsOf(idOf(2));
  await until(() => learnt.length === 1 && second.asked.length === 2 && second.underWay === 0);
  await pause(0);
  assert.equal(containers.factsOf(idOf(2)), undefined);
  assert.equal(second.asked.length, 2);
  assert.deepEqual(warnings, []);
});

test('a runtime that is away is warned of once and asked again until it is back', async () => {
  const runtime = new Runtime();
  let failures = 0;
  runtime.answer = async (id) => {
    if (failures++ < 6) throw new RuntimeFailure('away', true);
    return factsOf(id);
  };
  const { containers, learnt, warnings } = named([runtime]);
  for (let number = 0; number < 3; number++) containers.factsOf(idOf(number));
  await until(() => learnt.length === 3);
  assert.deepEqual(learnt.sort(), [0, 1, 2].map(idOf));
  assert.deepEqual(warnings, ['container-runtime']);
});

test('an answer that is no use is not asked for again', async () => {
  const runtime = new Runtime();
  runtime.answer = () => Promise.reject(new RuntimeFailure('an answer that is not JSON', false));
  const { containers, warnings } = named([runtime]);
  containers.factsOf(idOf(1));
  await until(() => warnings.length === 1);
  await pause(20);
  containers.factsOf(idOf(1));
  assert.deepEqual(runtime.asked, [idOf(1)]);
  assert.deepEqual(warnings, ['container-answer']);
});

test('a storm of containers: few questions at once, and bounds on what waits and what is remembered', async () => {
  const runtime = new Runtime();
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  runtime.answer = (id) => gate.then(() => factsOf(id));
  const { containers, learnt } = named([runtime], { capacity: 10 });
  for (let number = 0; number < 50_000; number++) containers.factsOf(idOf(number));
  open();
  await until(() => learnt.length === 1028);
  await pause(20);
  assert.equal(runtime.asked.length, 1028, '4 under way and 1024 that wait');
  assert.equal(runtime.mostUnderWay, 4);
  const remembered = runtime.asked.filter((id, i) => containers.factsOf(id) !== undefined && i < 1028);
  assert.equal(remembered.length, 10);
});

test('closed, it asks nobody and tells nothing', async () => {
  const runtime = new Runtime();
  const { promise, resolve } = Promise.withResolvers<ContainerFacts>();
  runtime.answer = () => promise;
  const { containers, learnt, warnings } = named([runtime]);
  containers.factsOf(idOf(1));
  containers.close();
  resolve(factsOf('late'));
  containers.factsOf(idOf(2));
  await pause(20);
  assert.deepEqual([runtime.asked.length, learnt, warnings], [1, [], []]);
});
