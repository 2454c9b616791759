import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Identifier } from '../../src/identity/identify.ts';
import type { ProcessIdentity } from '../../src/identity/process-identity.ts';
import { DrainedBatch } from '../../src/kernel/accept-batch.ts';
import type { RecordBatch } from '../../src/record/accept-record.ts';
import { recordBytes } from '../kernel/record-bytes.ts';
import { exampleSummary } from '../record/example-summary.ts';
import { type AcceptFacts, acceptOf } from './accept.ts';

const WEB: ProcessIdentity = {
  executableName: 'web',
  executablePath: '/usr/bin/web',
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

test('a summary is of the process that was there at the first of its accepts and is looked at after the last', () => {
  const looks: (readonly [number, number])[] = [];
  const startBootNanos = 50;
  const looking = {
    identify: ({ acceptedBootNanos, observedBootNanos }: Record<`${string}Nanos`, number>) => {
      looks.push([acceptedBootNanos ?? 0, observedBootNanos ?? 0]);
      return (acceptedBootNanos ?? 0) >= startBootNanos ? WEB : undefined;
    },
  };
  const identifier = new Identifier({ ...options, cache: looking });
  const at = (firstBootNs: bigint) =>
    exampleSummary({
      firstBootNs,
      firstUnixNs: firstBootNs + 7n,
      lastBootNs: 90n,
      lastUnixNs: 97n,
      observedUnixNs: 99n,
    });
  const listener = exampleSummary({ level: 'listener', process: undefined, lastBootNs: 90n });
  const summaries = [at(60n), at(40n), listener].map(({ summary }) => summary);
  const identified = identifier.identifySummaries(summaries);
  assert.deepEqual(
    identified.map(({ process }) => process),
    [WEB, undefined, undefined],
  );
  assert.deepEqual(looks, [
    [90, 92],
    [60, 92],
    [90, 92],
    [40, 92],
  ]);
  assert.deepEqual(
    identified.map(({ uid }) => uid),
    [0, 1, 2].map((number) => `88046cd8f2fd44ca9dab6b19691ad561-z-summary-2i-${number}`),
  );
});
