import type { ProcessSighting } from '../../src/identity/process-cache.ts';
import type { AcceptedConnection } from '../../src/kernel/accepted-connection.ts';

/** What of an accept decides whose it is; `observedBootNs` is when its batch was read. */
export interface AcceptFacts {
  readonly pid: number;
  readonly acceptedBootNs: bigint;
  readonly observedBootNs?: bigint;
  readonly cgroupId?: bigint;
  readonly cpu?: number;
  readonly sequence?: bigint;
  readonly startBootNs?: bigint;
  readonly execCount?: number;
  readonly executableName?: string;
  readonly userId?: number;
}

const BOOT_UNIX_NS = 1_700_000_000_000_000_000n;

/** An accept with these facts, read as soon as it happened unless told otherwise. */
export function acceptOf(facts: AcceptFacts): AcceptedConnection & ProcessSighting {
  const { pid, acceptedBootNs, observedBootNs = acceptedBootNs, cgroupId = 1n, cpu = 0, sequence = 1n } = facts;
  const { startBootNs = 1_000_000_000n, execCount = 5, executableName = 'server', userId = 0 } = facts;
  return {
    acceptedUnixNs: BOOT_UNIX_NS + acceptedBootNs,
    observedUnixNs: BOOT_UNIX_NS + observedBootNs,
    acceptedBootNs,
    bootToUnixNs: BOOT_UNIX_NS,
    observedBootNanos: Number(observedBootNs),
    cpu,
    sequence,
    networkType: 'ipv4',
    peerAddress: '192.0.2.1',
    peerPort: 40_000,
    localAddress: '192.0.2.2',
    localPort: 443,
    socketFamily: 'inet',
    pid,
    tid: pid,
    namespacePid: pid,
    userId,
    realUserId: 0,
    processStartBootNs: startBootNs,
    processStartBootNanos: Number(startBootNs),
    execCount,
    executableName,
    comm: 'server',
    cgroupId,
    cgroupNumber: Number(cgroupId),
    socketCookie: 1n,
    networkNamespace: 1,
    mountNamespace: 1,
    queueDurationNs: undefined,
    queueLength: undefined,
    queueLimit: undefined,
    rttUs: undefined,
    method: 'syscall',
    mptcp: false,
  };
}
