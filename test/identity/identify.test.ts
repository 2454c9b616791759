import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Identifier } from '../../src/identity/identify.ts';
import type { ProcessIdentity } from '../../src/identity/process-identity.ts';
import type { AcceptBatch } from '../../src/kernel/accepted-connection.ts';
import type { AcceptRecord } from '../../src/record/accept-record.ts';
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

function batchOf(...facts: Partial<AcceptFacts>[]): AcceptBatch {
  const connections = facts.map((fact) => acceptOf({ pid: 1, acceptedBootNs: 1n, ...fact }));
  return { bytes: new Uint8Array(), count: connections.length, observedUnixNs: 0n, bootToUnixNs: 0n, connections };
}

test('each accept of a batch gets its process and its uid, in order', () => {
  const batch = batchOf({ pid: 1, cpu: 3, sequence: 41n }, { pid: 2, cpu: 0, sequence: 2n ** 63n });
  const [first, second] = batch.connections;
  const records: AcceptRecord[] = new Identifier(options).identify(batch);
  assert.deepEqual(records, [
    { connection: first, process: WEB, uid: '88046cd8f2fd44ca9dab6b19691ad561-z-3-41' },
    { connection: second, process: undefined, uid: '88046cd8f2fd44ca9dab6b19691ad561-z-0-9223372036854775808' },
  ]);
});

test('CPU, sequence, load and boot each make another uid', () => {
  const uid = (identifier: Identifier, fact: Partial<AcceptFacts> = {}) => identifier.identify(batchOf(fact))[0]?.uid;
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
  assert.notEqual(first.identify(batchOf({}))[0]?.uid, second.identify(batchOf({}))[0]?.uid);
});

test('a summary is of the process that was there at the first of its accepts and is looked at after the last', () => {
  const looks: (readonly [bigint, bigint, bigint])[] = [];
  const startBootNs = 50n;
  const looking = {
    identify: ({ acceptedBootNs, acceptedUnixNs, observedUnixNs }: Record<`${string}Ns`, bigint>) => {
      looks.push([acceptedBootNs ?? 0n, acceptedUnixNs ?? 0n, observedUnixNs ?? 0n]);
      return (acceptedBootNs ?? 0n) >= startBootNs ? WEB : undefined;
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
    [90n, 97n, 99n],
    [60n, 67n, 99n],
    [90n, 97n, 99n],
    [40n, 47n, 99n],
  ]);
  assert.deepEqual(
    identified.map(({ uid }) => uid),
    [0, 1, 2].map((number) => `88046cd8f2fd44ca9dab6b19691ad561-z-summary-2i-${number}`),
  );
});
