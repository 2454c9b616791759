import type { AcceptMethod } from './record-layout.ts';
import type { RecordView } from './record-view.ts';

/**
 * One accepted TCP connection as the kernel saw it, decoded.
 *
 * Times are nanoseconds; ports are host order; addresses are text, IPv4-mapped ones folded to IPv4.
 * A fact the kernel could not tell is `undefined`.
 */
export interface AcceptedConnection {
  /** When accept returned, wall clock. */
  readonly acceptedUnixNs: bigint;
  /** When user space read the record, wall clock; the same for a whole batch. */
  readonly observedUnixNs: bigint;
  /** When accept returned, `CLOCK_BOOTTIME`: for differences that a clock step must not change. */
  readonly acceptedBootNs: bigint;
  readonly cpu: number;
  /** Per CPU, taken in the kernel before ring space was. */
  readonly sequence: bigint;
  readonly networkType: 'ipv4' | 'ipv6';
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** The socket's own family: `inet6` with `networkType: 'ipv4'` is an IPv4 client of a dual-stack listener. */
  readonly socketFamily: 'inet' | 'inet6';
  /** Thread-group id in the initial pid namespace. */
  readonly pid: number;
  readonly tid: number;
  /** The process's id as the process itself sees it. */
  readonly namespacePid: number;
  /** Effective user id. */
  readonly userId: number;
  readonly realUserId: number;
  /** When the process was made, `CLOCK_BOOTTIME`: with its pid, which process it is. */
  readonly processStartBootNs: bigint;
  /** Changes when the process execs: with the process, which program it is. 32 bits, counted from its ancestors' on. */
  readonly execCount: number;
  /** Base name of the executable, as the kernel has it: its first 31 bytes; empty where there is none. */
  readonly executableName: string;
  /** The kernel's `comm` of the accepting thread, at most 15 bytes. */
  readonly comm: string;
  readonly cgroupId: bigint;
  readonly socketCookie: bigint;
  readonly networkNamespace: number;
  readonly mountNamespace: number;
  /** From ESTABLISHED to accepted. */
  readonly queueDurationNs: bigint | undefined;
  /** Connections still in the listener's accept queue. */
  readonly queueLength: number | undefined;
  readonly queueLimit: number | undefined;
  readonly rttUs: number | undefined;
  readonly method: AcceptMethod;
  readonly mptcp: boolean;
}

/** What one drain of the ring brought: handed from room to room as one call. */
export interface AcceptBatch {
  /** `count` records of `RECORD_BYTES` each; valid only until the call it was handed to returns. */
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly observedUnixNs: bigint;
  /** Add to `CLOCK_BOOTTIME` for wall time. */
  readonly bootToUnixNs: bigint;
  /** One record after the other where it lies; shared, and valid as long as `bytes`. */
  readonly view: RecordView;
  /** The records decoded, in ring order; decoded on first use and shared. Safe to keep. */
  readonly connections: readonly AcceptedConnection[];
}
