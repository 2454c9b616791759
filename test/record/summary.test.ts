import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attributesOf } from '../../src/record/attributes.ts';
import { EVENTS } from '../../src/record/events.ts';
import { exampleSummary } from './example-summary.ts';

const { body, name, severityNumber, timestampUnixNs, observedUnixNs } = EVENTS.summarized;
const COARSE = { process: undefined, peerAddress: undefined } as const;
const IPV6 = { networkType: 'ipv6', localAddress: '2001:db8::1', localPort: 80, networkNamespace: 1 } as const;

test('a summary is an event of its own, at the end of its interval', () => {
  const record = exampleSummary();
  assert.deepEqual([name, severityNumber], ['tcpaccept.connections.summarized', 9]);
  assert.equal(timestampUnixNs(record), 1_700_000_010_000_000_000n);
  assert.equal(observedUnixNs(record), 1_700_000_010_020_000_000n);
});

test('its attributes: names that accepts have where they mean the same, seconds as doubles', () => {
  assert.deepEqual(attributesOf('summarized', exampleSummary()), {
    'log.record.uid': 'boot-load-summary-0',
    'network.transport': 'tcp',
    'network.type': 'ipv4',
    'network.peer.address': '10.0.0.5',
    'network.local.address': '10.0.0.1',
    'network.local.port': 443,
    'process.pid': 812,
    'process.vpid': 1,
    'thread.name': 'nginx',
    'process.user.id': 33,
    'process.real_user.id': 34,
    'tcpaccept.network_namespace': 4_026_531_840,
    'tcpaccept.mount_namespace': 4_026_531_841,
    'tcpaccept.cgroup.id': '42',
    'tcpaccept.summary.count': 1200,
    'tcpaccept.summary.key': 'peer',
    'tcpaccept.first_accept.time': '2023-11-14T22:13:20.000000001Z',
    'tcpaccept.last_accept.time': '2023-11-14T22:13:29.500000000Z',
    'tcpaccept.accept_queue.known_count': 1000,
    'tcpaccept.accept_queue.total_duration': 2.5,
    'tcpaccept.accept_queue.max_duration': 0.03,
    'tcpaccept.interval.duration': 10,
  });
});

test('what is not in common is left out, and so are times of a queue that nobody knows', () => {
  const none = { ...COARSE, level: 'none', listener: undefined, queueKnown: 0 } as const;
  assert.deepEqual(Object.keys(attributesOf('summarized', exampleSummary(none))), [
    'log.record.uid',
    'network.transport',
    'tcpaccept.summary.count',
    'tcpaccept.summary.key',
    'tcpaccept.first_accept.time',
    'tcpaccept.last_accept.time',
    'tcpaccept.accept_queue.known_count',
    'tcpaccept.interval.duration',
  ]);
  const prefix = exampleSummary({ level: 'peer_prefix', peerAddress: undefined, peerPrefix: '10.0.0.0/24' });
  assert.equal(attributesOf('summarized', prefix)['tcpaccept.peer.prefix'], '10.0.0.0/24');
  assert.equal(attributesOf('summarized', prefix)['network.peer.address'], undefined);
});

test('its body, however coarse it is', () => {
  const prefix = { level: 'peer_prefix', peerAddress: undefined, peerPrefix: '10.0.0.0/24', accepts: 1 } as const;
  assert.equal(body(exampleSummary()), 'nginx[812] accepted 1200 connections from 10.0.0.5 on 10.0.0.1:443');
  assert.equal(body(exampleSummary(prefix)), 'nginx[812] accepted 1 connection from 10.0.0.0/24 on 10.0.0.1:443');
  assert.equal(
    body(exampleSummary({ ...COARSE, level: 'listener', listener: IPV6 })),
    '1200 connections accepted on [2001:db8::1]:80',
  );
  assert.equal(body(exampleSummary({ ...COARSE, level: 'none', listener: undefined })), '1200 connections accepted');
});
