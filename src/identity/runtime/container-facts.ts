/** What a container's runtime calls it and its image. Each is `undefined` where the runtime does not say. */
export interface ContainerFacts {
  readonly name: string | undefined;
  /** Without tag and digest. */
  readonly imageName: string | undefined;
  readonly imageTags: readonly string[] | undefined;
  /** As the runtime identifies it: docker's hash, or the reference with a digest that Kubernetes shows as imageID. */
  readonly imageId: string | undefined;
  /** Of the labels that a kubelet gives through CRI. */
  readonly podName: string | undefined;
  readonly namespaceName: string | undefined;
  readonly podContainerName: string | undefined;
}

/** Whoever knows containers by their ids. */
export interface ContainerLookup {
  /** What is known now; never waits. What is learnt of this container later is told to `onLearnt`. */
  factsOf(containerId: string): ContainerFacts | undefined;
  /** At most one listener: the last. */
  onLearnt: ((containerId: string, facts: ContainerFacts) => void) | undefined;
}
