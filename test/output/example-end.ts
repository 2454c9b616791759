import type { ConnectionEnd } from '../../src/kernel/connection-end.ts';

/** An orderly end that the client began, with what a test wants different. */
export function exampleEnd(different: Partial<ConnectionEnd> = {}): ConnectionEnd {
  return {
    closedUnixNs: 1_700_000_060_000_000_002n,
    closedBootNs: 5_060_000_000_001n,
    receivedBytes: 1234,
    sentBytes: 5678,
    acknowledgedBytes: 5678,
    receivedSegments: 12,
    sentSegments: 13,
    retransmittedSegments: 1,
    rttUs: 300,
    closedBy: 'peer',
    closeCause: 'fin',
    ...different,
  };
}
