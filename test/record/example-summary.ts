import type { AcceptSummary } from '../../src/kernel/accept-summary.ts';
import type { SummaryRecord } from '../../src/record/summary-record.ts';

/** A summary of the finest kind, with the changes given. */
export function exampleSummary(changes: Partial<AcceptSummary> = {}): SummaryRecord {
  const summary: AcceptSummary = {
    turn: 38,
    row: 0,
    level: 'peer',
    accepts: 1200,
    listener: { networkType: 'ipv4', localAddress: '10.0.0.1', localPort: 443, networkNamespace: 4_026_531_840 },
    process: {
      pid: 812,
      namespacePid: 1,
      userId: 33,
      realUserId: 34,
      processStartBootNs: 7n,
      execCount: 3,
      executableName: 'nginx',
      comm: 'nginx',
      cgroupId: 42n,
      mountNamespace: 4_026_531_841,
    },
    peerAddress: '10.0.0.5',
    peerPrefix: undefined,
    firstUnixNs: 1_700_000_000_000_000_001n,
    lastUnixNs: 1_700_000_009_500_000_000n,
    firstBootNs: 1n,
    lastBootNs: 9_500_000_000n,
    queueKnown: 1000,
    queueDurationSumNs: 2_500_000_000n,
    queueDurationMaxNs: 30_000_000n,
    endedUnixNs: 1_700_000_010_000_000_000n,
    intervalNs: 10_000_000_000n,
    observedUnixNs: 1_700_000_010_020_000_000n,
    ...changes,
  };
  return { summary, process: undefined, uid: 'boot-load-summary-0' };
}
