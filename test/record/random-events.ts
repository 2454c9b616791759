import type { EventKind, EventRecords } from '../../src/record/events.ts';
import { exampleSummary } from './example-summary.ts';

type OtherKind = Exclude<EventKind, 'accepted'>;

/** A record of each kind but accepts; `below` gives whole numbers from 0. */
export function randomEvents(below: (end: number) => number): { readonly [Kind in OtherKind]: EventRecords[Kind] } {
  const unixNs = BigInt(below(2 ** 53)) * 1000n;
  const mayBe = <Value>(value: Value) => (below(2) === 0 ? undefined : value);
  const owner = () => ({
    pid: below(2 ** 22),
    namespacePid: below(2 ** 22),
    userId: below(2 ** 32),
    realUserId: below(2 ** 32),
    processStartBootNs: BigInt(below(2 ** 53)),
    execCount: below(2 ** 32),
    executableName: 'nginx',
    comm: ['nginx', 'größer', '日本'][below(3)] ?? '',
    cgroupId: BigInt(below(2 ** 53)),
    descriptor: below(1000),
  });
  const text = 'ü'.repeat(below(200));
  return {
    lost: {
      uid: `${below(99)}`,
      cause: 'dropped',
      count: below(2 ** 53),
      accepts: below(2 ** 53),
      noticedUnixNs: unixNs,
      intervalNs: unixNs / 7n,
    },
    summarized: exampleSummary({
      accepts: below(2 ** 53),
      peerAddress: mayBe('10.0.0.5'),
      peerPrefix: mayBe('2001:db8::/64'),
      listener: mayBe({ networkType: 'ipv6', localAddress: '::', localPort: below(65_536), networkNamespace: 1 }),
      process: mayBe({ ...owner(), mountNamespace: below(2 ** 32) }),
      queueKnown: below(3),
      queueDurationSumNs: BigInt(below(2 ** 53)),
      queueDurationMaxNs: BigInt(below(2 ** 53)),
      firstUnixNs: unixNs,
      lastUnixNs: unixNs + 1n,
      endedUnixNs: unixNs,
      observedUnixNs: unixNs,
    }),
    listener: {
      uid: `listener-${below(99)}`,
      listedUnixNs: unixNs,
      process: mayBe({
        executableName: text,
        executablePath: mayBe(`/usr/bin/${text}`),
        cgroupPath: '/',
        containerId: mayBe(text),
        containerRuntime: mayBe('docker'),
        podUid: undefined,
        commandLine: mayBe('nginx -g x'),
        parentPid: mayBe(below(2 ** 22)),
        creationTime: '2026-01-01T00:00:00.000Z',
        userName: mayBe('ünal'),
        realUserName: mayBe('root'),
      }),
      listener: {
        networkType: 'ipv6',
        localAddress: '::',
        localPort: below(65_536),
        socketFamily: 'inet6',
        ipv6Only: below(2) === 0,
        mptcp: below(2) === 0,
        networkNamespace: below(2 ** 32),
        queueLength: below(2 ** 32),
        queueLimit: below(2 ** 32),
        reuseportGroup: mayBe(below(10)),
        owners: [owner(), owner()],
      },
    },
  };
}
