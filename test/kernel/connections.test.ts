import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CloseCause, ClosedBy } from '../../src/kernel/close-cause.ts';
import { ConnectionScene, type Pair } from './connection-scene.ts';

/** Sizes that no two ends share, and of several segments. */
const TO_SERVER_BYTES = 100_003;
const TO_CLIENT_BYTES = 40_009;

type Ending = (scene: ConnectionScene, pair: Pair) => Promise<void>;

/** What the two sides do, and who closed it first for what cause. */
const ENDINGS: readonly (readonly [name: string, by: ClosedBy, cause: CloseCause, end: Ending])[] = [
  [
    'the client closes first',
    'peer',
    'fin',
    async (scene, { client, accepted }) => {
      await scene.to('close', client);
      assert.equal(await scene.awaitEnd(accepted), 'fin');
      await scene.to('close', accepted);
    },
  ],
  [
    'the server closes first, and its socket waits for the client in a smaller one',
    'local',
    'fin',
    async (scene, { client, accepted }) => {
      await scene.to('close', accepted);
      assert.equal(await scene.awaitEnd(client), 'fin');
      await scene.to('close', client);
    },
  ],
  [
    'the server sends no more, and closes after the client did',
    'local',
    'fin',
    async (scene, { client, accepted }) => {
      await scene.to('shut', accepted);
      assert.equal(await scene.awaitEnd(client), 'fin');
      await scene.to('close', client);
      assert.equal(await scene.awaitEnd(accepted), 'fin');
      await scene.to('close', accepted);
    },
  ],
  [
    'the client resets',
    'peer',
    'reset',
    async (scene, { client, accepted }) => {
      await scene.to('abort', client);
      assert.equal(await scene.awaitEnd(accepted), 'ECONNRESET');
    },
  ],
  [
    'the server resets',
    'local',
    'reset',
    async (scene, { client, accepted }) => {
      await scene.to('abort', accepted);
      assert.equal(await scene.awaitEnd(client), 'ECONNRESET');
    },
  ],
  [
    'the client closes, and the server resets',
    'peer',
    'reset',
    async (scene, { client, accepted }) => {
      await scene.to('shut', client);
      assert.equal(await scene.awaitEnd(accepted), 'fin');
      await scene.to('abort', accepted);
    },
  ],
];

for (const [name, by, cause, end] of ENDINGS) {
  test(`${name}: who closed and how, when, and the bytes each way`, async () => {
    await using scene = await ConnectionScene.open();
    const pair = await scene.connect();
    await scene.transfer(pair.client, pair.accepted, TO_SERVER_BYTES);
    await scene.transfer(pair.accepted, pair.client, TO_CLIENT_BYTES);
    // The last byte is acknowledged at once, with data of its own to carry it.
    await scene.transfer(pair.client, pair.accepted, 1);
    const before = await scene.clocks();
    await end(scene, pair);
    const after = await scene.clocks();

    const { accept, end: ended, place } = await scene.trace.untilEnd(pair.peerPort);
    assert.deepEqual([ended.closedBy, ended.closeCause], [by, cause]);
    assert.deepEqual(
      [ended.receivedBytes, ended.sentBytes, ended.acknowledgedBytes],
      [TO_SERVER_BYTES + 1, TO_CLIENT_BYTES, TO_CLIENT_BYTES],
    );
    assert.ok(BigInt(before.boot) <= ended.closedBootNs && ended.closedBootNs <= BigInt(after.boot));
    assert.equal(ended.retransmittedSegments, 0);
    assert.ok(ended.rttUs !== undefined && ended.rttUs > 0 && ended.receivedSegments > 2 && ended.sentSegments > 2);
    assert.deepEqual(
      scene.trace.connections[place],
      {
        ...accept,
        observedUnixNs: scene.trace.connections[place]?.observedUnixNs,
        acceptedUnixNs: scene.trace.connections[place]?.acceptedUnixNs,
      },
      'the record of its accept',
    );
    const { connections, connections_open, ends_submitted, ends_in_ring } = await scene.trace.stop();
    assert.deepEqual([connections, connections_open, ends_submitted, ends_in_ring], [1, 0, 1, 0]);
  });
}

test('what is sent again, while nothing reaches the client: as often as TCP_INFO says', async () => {
  await using scene = await ConnectionScene.open();
  const { client, accepted, peerPort } = await scene.connect();
  await scene.setDeaf(client, true);
  await scene.server.run('send', { descriptor: accepted, size: 1000 });
  await scene.server.run('retransmits', { descriptor: accepted, least: 3 });
  await scene.setDeaf(client, false);
  await scene.server.run('receive', { descriptor: client, size: 1000 });
  // Its acknowledgement has come once the server knows of the client's FIN.
  await scene.to('close', client);
  await scene.awaitEnd(accepted);
  const { segments } = await scene.server.run<{ segments: number }>('retransmits', { descriptor: accepted });
  await scene.to('close', accepted);
  const { end } = await scene.trace.untilEnd(peerPort);
  assert.equal(end.retransmittedSegments, segments);
  assert.deepEqual([end.sentBytes, end.acknowledgedBytes, end.receivedBytes], [1000, 1000, 0]);
});

test('a client that answers no more: given up here', async () => {
  await using scene = await ConnectionScene.open();
  const { client, accepted, peerPort } = await scene.connect();
  await scene.server.run('give_up_after', { descriptor: accepted, millis: 300 });
  await scene.setDeaf(client, true);
  await scene.server.run('send', { descriptor: accepted, size: 1000 });
  assert.equal(await scene.awaitEnd(accepted), 'ETIMEDOUT');
  const { end } = await scene.trace.untilEnd(peerPort);
  assert.deepEqual([end.closedBy, end.closeCause], ['local', 'timeout']);
  assert.deepEqual([end.sentBytes, end.acknowledgedBytes], [1000, 0]);
});

test('destroyed by ss --kill: aborted', async () => {
  await using scene = await ConnectionScene.open();
  const { accepted, peerPort } = await scene.connect();
  scene.kill(peerPort);
  assert.equal(await scene.awaitEnd(accepted), 'ECONNABORTED');
  const { end } = await scene.trace.untilEnd(peerPort);
  assert.deepEqual([end.closedBy, end.closeCause], ['local', 'abort']);
});

test('open at the end: counted; reset before it was accepted: it has no life, and is counted', async () => {
  await using scene = await ConnectionScene.open();
  await scene.connect();
  const { client } = await scene.connectOnly();
  await scene.to('abort', client);
  await scene.accept();
  await scene.trace.until(scene.server.pid, 2);
  const counts = await scene.trace.stop();
  assert.deepEqual(
    [counts.connections, counts.connections_open, counts.connections_closed_early, counts.ends_submitted],
    [2, 1, 1, 0],
  );
  assert.equal(scene.trace.ended.length, 0);
});

test('an MPTCP connection: the end of the subflow that was accepted', async () => {
  const IPPROTO_MPTCP = 262;
  await using scene = await ConnectionScene.open(IPPROTO_MPTCP);
  const pair = await scene.connect(IPPROTO_MPTCP);
  await scene.transfer(pair.client, pair.accepted, TO_SERVER_BYTES);
  await scene.to('close', pair.client);
  await scene.awaitEnd(pair.accepted);
  await scene.to('close', pair.accepted);
  const { accept, end } = await scene.trace.untilEnd(pair.peerPort);
  assert.deepEqual([accept.mptcp, end.receivedBytes, end.closeCause], [true, TO_SERVER_BYTES, 'fin']);
});
