import type { SummaryLevel } from './summary-layout.ts';

/** The process that accepted, as the kernel knows it; ids are the initial namespaces'. */
export interface SummarizedProcess {
  readonly pid: number;
  /** The process's id as the process itself sees it. */
  readonly namespacePid: number;
  /** Effective user id. */
  readonly userId: number;
  readonly realUserId: number;
  /** `CLOCK_BOOTTIME` when the process was made: with its pid, which process it is. */
  readonly processStartBootNs: bigint;
  /** Which program of the process it is. */
  readonly execCount: number;
  /** Base name of the file it runs, at most 31 bytes; empty without one. */
  readonly executableName: string;
  /** The kernel's `comm` of the accepting thread, at most 15 bytes. */
  readonly comm: string;
  readonly cgroupId: bigint;
  readonly mountNamespace: number;
}

/** What was accepted on: port in host order, IPv4-mapped addresses folded to IPv4. */
export interface SummarizedListener {
  readonly networkType: 'ipv4' | 'ipv6';
  readonly localAddress: string;
  readonly localPort: number;
  readonly networkNamespace: number;
}

/** Accepts that the kernel counted instead of recording. Times are nanoseconds; what they have not in common is `undefined`. */
export interface AcceptSummary {
  /** Which set of counts it is of, and its place there: with both it is this one, whoever reads it, and however often. */
  readonly turn: number;
  readonly row: number;
  readonly level: SummaryLevel;
  /** How many; exact. */
  readonly accepts: number;
  readonly listener: SummarizedListener | undefined;
  readonly process: SummarizedProcess | undefined;
  readonly peerAddress: string | undefined;
  /** CIDR notation, `/24` or `/64`. */
  readonly peerPrefix: string | undefined;
  /** When the first and the last of them were accepted. */
  readonly firstUnixNs: bigint;
  readonly lastUnixNs: bigint;
  /** `CLOCK_BOOTTIME`. */
  readonly firstBootNs: bigint;
  readonly lastBootNs: bigint;
  /** Of how many the time in the accept queue is known; the sum and the maximum are of those. */
  readonly queueKnown: number;
  readonly queueDurationSumNs: bigint;
  readonly queueDurationMaxNs: bigint;
  /** When counting ended, wall clock, and how long it had gone on. */
  readonly endedUnixNs: bigint;
  readonly intervalNs: bigint;
  /** When user space read it, wall clock. */
  readonly observedUnixNs: bigint;
}
