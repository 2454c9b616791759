import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Identifier } from '../../src/identity/identify.ts';
import type { ProcessLookup } from '../../src/identity/process-cache.ts';
import type { ProcessIdentity } from '../../src/identity/process-identity.ts';
import { DrainedBatch } from '../../src/kernel/accept-batch.ts';
import type { RecordBatch } from '../../src/record/accept-record.ts';
import { recordBytes } from '../kernel/record-bytes.ts';
import { exampleSummary } from '../record/example-summary.ts';
import { type AcceptFacts, acceptOf } from './accept.ts';

const WEB: ProcessIdentity = {
  executableName: 'web',
  executablePath: '/usr/bin/web',
  commandLine: undefined,
  parentPid: 1,
  creationTime: '2023-11-14T22:13:20.000Z',
  userName: 'www-data',
  realUserName: 'root',
  cgroupPath: '/',
  containerId: undefined,
  containerRuntime: undefined,
  podUid: undefined,
};
const cache = { identify: ({ pid }: { pid: number }) => (pid === 1 ? WEB : undefined) };
const options = { cache, bootId: '88046cd8-f2fd-44ca-9dab-6b19691ad561', loadedMonotonicNs: 35n };

function batchOf(...facts: Partial<AcceptFacts>[]): DrainedBatch {
  const connections = facts.map((fact) => acceptOf({ pid: 1, acceptedBootNs: 1n, ...fact }));
  const clock = { observedUnixNs: 0n, bootToUnixNs: 0n };
  return new DrainedBatch(recordBytes(connections), connections.length, clock);
}

test('each accept of a batch gets its process and its uid, in order', () => {
  const batch = batchOf({ pid: 1, cpu: 3, sequence: 41n }, { pid: 2, cpu: 0, sequence: 2n ** 63n });
  const [first, second] = batch.connections;
  const identified: RecordBatch = new Identifier(options).identify(batch);
  assert.deepEqual(identified.records, [
    { connection: first, process: WEB, uid: '88046cd8f2fd44ca9dab6b19691ad561-z-3-41' },
    { connection: second, process: undefined, uid: '88046cd8f2fd44ca9dab6b19691ad561-z-0-9223372036854775808' },
  ]);
});

test('an accept where it lies is the one that is decoded, and each is identified once', () => {
  const batch = batchOf({ pid: 1 }, { pid: 2, sequence: 5n }, { pid: 1, cpu: 7 });
  const looks: number[] = [];
  const counting = {
    identify: (accept: { pid: number }) => {
      looks.push(accept.pid);
      return cache.identify(accept);
    },
  };
  const identified = new Identifier({ ...options, cache: counting }).identify(batch);
  const seen = [0, 1, 2].map((index) => {
    const view = identified.view(index);
    return { pid: view.connection.pid, process: view.process, again: view.process, uid: view.uid };
  });
  assert.deepEqual(looks, [1, 2, 1]);
  assert.deepEqual(
    seen,
    identified.records.map(({ connection, process, uid }) => ({ pid: connection.pid, process, again: process, uid })),
  );
});

test('CPU, sequence, load and boot each make another uid', () => {
  const uid = (identifier: Identifier, fact: Partial<AcceptFacts> = {}) =>
    identifier.identify(batchOf(fact)).records[0]?.uid;
  const uids = [
    uid(new Identifier(options)),
    uid(new Identifier(options), { cpu: 1 }),
    uid(new Identifier(options), { sequence: 11n }),
    uid(new Identifier({ ...options, loadedMonotonicNs: 36n })),
    uid(new Identifier({ ...options, bootId: '00000000-f2fd-44ca-9dab-6b19691ad561' })),
  ];
  assert.equal(new Set(uids).size, uids.length);
  assert.equal(uid(new Identifier(options)), uids[0], 'and the same again is the same');
});

test('two loads in one boot never share a uid by default', () => {
  const [first, second] = [new Identifier({ cache }), new Identifier({ cache })];
  assert.notEqual(first.identify(batchOf({})).records[0]?.uid, second.identify(batchOf({})).records[0]?.uid);
});

test('a summary is of the process that the kernel names, looked up as of when it was read', () => {
  const seen: unknown[] = [];
  const looking: ProcessLookup = {
    identify: ({ pid, processStartBootNanos, execCount, observedBootNanos, bootToUnixNs }) => {
      seen.push([pid, processStartBootNanos, execCount, observedBootNanos, bootToUnixNs]);
      return WEB;
    },
  };
  const times = { firstBootNs: 60n, firstUnixNs: 67n, lastBootNs: 90n, lastUnixNs: 97n, observedUnixNs: 99n };
  const listener = exampleSummary({ ...times, row: 1, level: 'listener', process: undefined });
  const summaries = [exampleSummary(times), listener].map(({ summary }) => summary);
  const identified = new Identifier({ ...options, cache: looking }).identifySummaries(summaries);
  assert.deepEqual(
    identified.map(({ process, uid }) => [process, uid]),
    [WEB, undefined].map((process, number) => [process, `88046cd8f2fd44ca9dab6b19691ad561-z-summary-12-${number}`]),
  );
  assert.deepEqual(seen, [[812, 7, 3, 92, 7n]]);
});
