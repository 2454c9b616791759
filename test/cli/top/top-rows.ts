import type { TopRow } from '../../../src/cli/top/rows.ts';

/** A row of an nginx with these differences. */
export function topRow(differences: Partial<TopRow> = {}): TopRow {
  return {
    networkNamespace: 4_026_531_840,
    localAddress: '0.0.0.0',
    localPort: 443,
    perSecond: 120,
    queueLength: 3,
    queueLimit: 511,
    waitP50Ns: 40_000,
    waitP99Ns: 2_500_000,
    peers: 17,
    topPeer: '10.0.0.5',
    pid: 812,
    comm: 'nginx',
    processes: 4,
    containerId: undefined,
    ...differences,
  };
}
