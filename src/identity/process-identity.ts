import type { ContainerFacts } from './runtime/container-facts.ts';

/**
 * Who accepted: facts about one program of one process, for one user and cgroup. Each is `undefined` when unknown.
 *
 * The same object for the same program, until something of it changes.
 */
export interface ProcessIdentity {
  /** Base name of the executable's path; of a process that is gone, the kernel's first 31 bytes of it. */
  readonly executableName: string | undefined;
  readonly executablePath: string | undefined;
  /** Arguments and all, redacted, where that was asked for. */
  readonly commandLine: string | undefined;
  readonly parentPid: number | undefined;
  /** Wall clock, ISO 8601 with milliseconds. */
  readonly creationTime: string;
  /** Names on the host of the effective and the real user. */
  readonly userName: string | undefined;
  readonly realUserName: string | undefined;
  /** The cgroup's path as /proc/PID/cgroup gives it (v2 where there is one). */
  readonly cgroupPath: string | undefined;
  readonly containerId: string | undefined;
  /** `containerd`, `cri-o`, `docker` or `podman`, where the cgroup's path names it. */
  readonly containerRuntime: string | undefined;
  /** Of a static pod: the hash its kubelet knows it by, 32 hex digits. */
  readonly podUid: string | undefined;
  /** Where its runtime is asked, and has answered. */
  readonly container?: ContainerFacts | undefined;
}
