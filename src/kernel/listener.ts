/** A process that can accept from a listener. */
export interface ListenerOwner {
  /** Thread-group id in the initial pid namespace. */
  readonly pid: number;
  /** As the process itself sees it. */
  readonly namespacePid: number;
  /** Effective user id. */
  readonly userId: number;
  readonly realUserId: number;
  /** As of an AcceptedConnection. */
  readonly processStartBootNs: bigint;
  readonly execCount: number;
  readonly executableName: string;
  /** The kernel's `comm` of its main thread, at most 15 bytes. */
  readonly comm: string;
  readonly cgroupId: bigint;
  /** Its lowest descriptor of the listener. */
  readonly descriptor: number;
}

/** One TCP socket that listens; ports are host order, an IPv4-mapped address is folded to IPv4. */
export interface Listener {
  readonly networkType: 'ipv4' | 'ipv6';
  readonly localAddress: string;
  readonly localPort: number;
  /** The socket's own family. */
  readonly socketFamily: 'inet' | 'inet6';
  /** Takes no IPv4 clients. */
  readonly ipv6Only: boolean;
  readonly mptcp: boolean;
  /** Inode number. */
  readonly networkNamespace: number;
  /** Connections waiting to be accepted, and how many may. */
  readonly queueLength: number;
  readonly queueLimit: number;
  /** The same number for all sockets of one SO_REUSEPORT group, from 1; of this list only. */
  readonly reuseportGroup: number | undefined;
  /** By pid; a socket that no process has, an in-kernel server's or one being passed, is not listed. */
  readonly owners: readonly [ListenerOwner, ...ListenerOwner[]];
}
