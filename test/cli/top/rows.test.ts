import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AcceptWindow } from '../../../src/cli/top/accept-window.ts';
import { topRows } from '../../../src/cli/top/rows.ts';
import type { AcceptedConnection } from '../../../src/kernel/accepted-connection.ts';
import type { Listener, ListenerOwner } from '../../../src/kernel/listener.ts';
import type { ListenerRecord } from '../../../src/record/listener-record.ts';
import { exampleRecord } from '../../output/example-record.ts';

function owner(pid: number): ListenerOwner {
  return {
    pid,
    namespacePid: pid,
    userId: 0,
    realUserId: 0,
    processStartBootNs: 1n,
    execCount: 1,
    executableName: 'owner',
    comm: `owner-${pid}`,
    cgroupId: 1n,
    descriptor: 3,
  };
}

function listener(differences: Partial<Listener>): ListenerRecord {
  const plain: Listener = {
    networkType: 'ipv4',
    localAddress: '0.0.0.0',
    localPort: 80,
    socketFamily: 'inet',
    ipv6Only: false,
    mptcp: false,
    networkNamespace: 1,
    queueLength: 2,
    queueLimit: 10,
    reuseportGroup: undefined,
    owners: [owner(7)],
  };
  return { uid: '', listener: { ...plain, ...differences }, process: undefined, listedUnixNs: 0n };
}

function accepted(...connections: readonly Partial<AcceptedConnection>[]): AcceptWindow {
  const window = new AcceptWindow();
  window.add(
    connections.map((connection) => exampleRecord({ networkNamespace: 1, localPort: 80, ...connection }).connection),
  );
  return window;
}

test('accepts at several addresses of a listener of all addresses are one row', () => {
  const window = accepted(
    { localAddress: '10.0.0.1', peerAddress: '10.0.0.8', pid: 8 },
    { localAddress: '10.0.0.2', peerAddress: '10.0.0.9', pid: 9, comm: 'busy' },
    { localAddress: '10.0.0.2', peerAddress: '10.0.0.9', pid: 9, comm: 'busy' },
  );
  const [row, ...others] = topRows([listener({})], window, 2);
  assert.deepEqual(others, []);
  assert.deepEqual(
    [row?.localAddress, row?.perSecond, row?.peers, row?.topPeer, row?.pid, row?.comm, row?.processes],
    ['0.0.0.0', 1.5, 2, '10.0.0.9', 9, 'busy', 3],
  );
});

test('an IPv4 client of a dual-stack listener is its row, and one of an exact address is that one', () => {
  const listeners = [
    listener({ localAddress: '::', socketFamily: 'inet6', networkType: 'ipv6' }),
    listener({ localAddress: '10.0.0.1' }),
  ];
  const rows = topRows(listeners, accepted({ localAddress: '10.0.0.1' }, { localAddress: '10.0.0.2' }), 1);
  assert.deepEqual(
    rows.map(({ localAddress, perSecond }) => [localAddress, perSecond]),
    [
      ['::', 1],
      ['10.0.0.1', 1],
    ],
  );
});

test('a SO_REUSEPORT group is one row with all its queues', () => {
  const group = [listener({ reuseportGroup: 1 }), listener({ reuseportGroup: 1, owners: [owner(8)], queueLength: 5 })];
  const [row] = topRows(group, accepted(), 1);
  assert.deepEqual([row?.queueLength, row?.queueLimit, row?.processes, row?.perSecond], [7, 20, 2, 0]);
});

test('what was accepted where nobody listens any more, or in another namespace, is a row of its own', () => {
  const window = accepted({ networkNamespace: 2, localAddress: '10.0.0.1', pid: 9 });
  const rows = topRows([listener({})], window, 1);
  assert.deepEqual(
    rows.map(({ networkNamespace, queueLimit, perSecond, pid }) => [networkNamespace, queueLimit, perSecond, pid]),
    [
      [1, 10, 0, 7],
      [2, undefined, 1, 9],
    ],
  );
});
