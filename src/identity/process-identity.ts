/** Facts about a process that its pid stands for, read from /proc while it runs. Each is `undefined` when unknown. */
export interface ProcessIdentity {
  /** Base name of the executable's path. */
  readonly executableName: string | undefined;
  readonly executablePath: string | undefined;
  /** The cgroup's path as /proc/PID/cgroup gives it (v2 where there is one). */
  readonly cgroupPath: string | undefined;
  readonly containerId: string | undefined;
  readonly podUid: string | undefined;
}
