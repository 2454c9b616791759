import type { AcceptedConnection } from '../../src/kernel/accepted-connection.ts';
import type { AcceptRecord } from '../../src/record/accept-record.ts';

const CONNECTION: AcceptedConnection = {
  acceptedUnixNs: 1_700_000_000_000_000_001n,
  observedUnixNs: 1_700_000_000_010_000_000n,
  acceptedBootNs: 5_000_000_000_000n,
  cpu: 1,
  sequence: 7n,
  networkType: 'ipv4',
  peerAddress: '10.0.0.5',
  peerPort: 51_324,
  localAddress: '10.0.0.1',
  localPort: 443,
  socketFamily: 'inet',
  pid: 812,
  tid: 813,
  namespacePid: 812,
  userId: 33,
  realUserId: 0,
  processStartBootNs: 4_000_000_000_000n,
  execCount: 7,
  executableName: 'nginx',
  comm: 'nginx',
  cgroupId: 4_242n,
  socketCookie: 9_007_199_254_740_993n,
  networkNamespace: 4_026_531_840,
  mountNamespace: 4_026_531_841,
  queueDurationNs: 1_500_000n,
  queueLength: 3,
  queueLimit: 511,
  rttUs: 250,
  method: 'syscall',
  mptcp: false,
};

/** A record of an IPv4 accept by nginx, with what a test wants different. */
export function exampleRecord(different: Partial<AcceptedConnection> = {}): AcceptRecord {
  return {
    connection: { ...CONNECTION, ...different },
    process: {
      executableName: 'nginx',
      executablePath: '/usr/sbin/nginx',
      commandLine: undefined,
      parentPid: 1,
      creationTime: '2023-11-14T22:13:20.000Z',
      userName: 'www-data',
      realUserName: 'root',
      cgroupPath: '/system.slice/nginx.service',
      containerId: undefined,
      containerRuntime: undefined,
      podUid: undefined,
    },
    uid: 'boot-load-1-7',
  };
}

export const MAPPED: Partial<AcceptedConnection> = { socketFamily: 'inet6', networkType: 'ipv4' };
export const IPV6: Partial<AcceptedConnection> = {
  socketFamily: 'inet6',
  networkType: 'ipv6',
  peerAddress: '2001:db8:1111:2222:3333:4444:5555:6666',
  localAddress: '::1',
};
