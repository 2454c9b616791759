/** A runtime's API: Docker's own, or the Container Runtime Interface of containerd and cri-o. */
export type RuntimeApi = 'docker' | 'cri';

/** Where a container runtime may answer. */
export interface RuntimeAddress {
  /** As it was given. */
  readonly text: string;
  /** `undefined`: whichever answers. */
  readonly api: RuntimeApi | undefined;
  /** Absolute paths; the first that exists is used. */
  readonly sockets: readonly [string, ...string[]];
}
