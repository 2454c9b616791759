/** Facts about a process that its pid stands for, read from /proc while it runs. Each is `undefined` when unknown. */
export interface ProcessIdentity {
  /** Base name of the executable's path. */
  readonly executableName: string | undefined;
  readonly executablePath: string | undefined;
  /** The cgroup's path as /proc/PID/cgroup gives it (v2 where there is one). */
  readonly cgroupPath: string | undefined;
  readonly containerId: string | undefined;
  /** `containerd`, `cri-o`, `docker` or `podman`, where the cgroup's path names it. */
  readonly containerRuntime: string | undefined;
  /** Of a static pod: the hash its kubelet knows it by, 32 hex digits. */
  readonly podUid: string | undefined;
}
