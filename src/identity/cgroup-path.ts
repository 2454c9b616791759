/** What the path of a cgroup says of the container in it. */
export interface CgroupContainer {
  /** 64 hex digits, or the `<32 hex digits>-<number>` of ECS. */
  readonly containerId: string | undefined;
  /** With dashes. For a static pod it is 32 hex digits: the hash its kubelet knows it by, not the API server's uid. */
  readonly podUid: string | undefined;
  /** Name as in `container.runtime.name`; `undefined` where the path does not tell, as with Kubernetes on cgroupfs. */
  readonly runtime: string | undefined;
}

const CONTAINER = /^(?:(?:.*:)?([^:]+)[-:])?([0-9a-f]{64})(?:\.scope)?$/;
const ECS_CONTAINER = /^[0-9a-f]{32}-\d+$/;
const POD = /(?:^|[/-])pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?=[/:.]|$)/g;

/** The word before the id, or the folder above a bare id. */
const RUNTIMES: ReadonlyMap<string, string> = new Map([
  ['cri-containerd', 'containerd'],
  ['nerdctl', 'containerd'],
  ['crio', 'cri-o'],
  ['docker', 'docker'],
  ['libpod', 'podman'],
  ['libpod-payload', 'podman'],
]);

/**
 * Finds container, pod and runtime in a cgroup's path, of any runtime and cgroup driver we know of.
 *
 * The innermost container wins, and a cgroup below a container's belongs to it. An id is taken only as a whole folder
 * name, a known shape of prefix and `.scope` aside: the mounts and services systemd names after a container are not it.
 */
export function parseCgroupPath(path: string): CgroupContainer {
  const podUid = [...path.matchAll(POD)].at(-1)?.[1]?.replaceAll('_', '-');
  const parts = path.split('/');
  for (let i = parts.length - 1; i >= 0; i--) {
    const part = parts[i] ?? '';
    if (ECS_CONTAINER.test(part)) return { containerId: part, podUid, runtime: undefined };
    const [, prefix, id] = CONTAINER.exec(part) ?? [];
    // conmon watches a container from outside of it.
    if (id === undefined || prefix?.endsWith('conmon')) continue;
    return { containerId: id, podUid, runtime: RUNTIMES.get(prefix ?? parts[i - 1] ?? '') };
  }
  return { containerId: undefined, podUid, runtime: undefined };
}
