import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeCgroup } from '../remove-cgroup.ts';
import { Acceptor, type AcceptorOptions } from './acceptor.ts';
import { type Connected, connect } from './connector.ts';

const [, cgroup2Mount] = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/mounts', 'utf8')) ?? [];

/** Why a Container cannot be made here; false: it can, or it is promised (CI) and trying has to fail. */
export function whyNoContainers(): string | false {
  if (process.env['CI'] === 'true') return false;
  if (process.getuid?.() !== 0) return 'making cgroups and network namespaces needs root';
  return cgroup2Mount === undefined && 'no cgroup2 file system is mounted';
}

/** The cgroups of a container of a pod as containerd's systemd driver names them, outermost first. */
export function containerdLevels(podUid: string, containerId: string): string[] {
  const pod = `kubepods-burstable-pod${podUid.replaceAll('-', '_')}.slice`;
  return ['kubepods.slice', 'kubepods-burstable.slice', pod, `cri-containerd-${containerId}.scope`];
}

/** The cgroups of a container as docker's systemd driver names them. */
export function dockerLevels(containerId: string): string[] {
  return ['system.slice', `docker-${containerId}.scope`];
}

/** An acceptor where a container's processes are: in cgroups of these names, and a network namespace of its own. */
export class Container {
  readonly acceptor: Acceptor;
  readonly #folders: readonly string[];

  /** `name` tells this test's containers apart. */
  static async start(name: string, levels: readonly string[], options: AcceptorOptions = {}): Promise<Container> {
    const through = ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
    const acceptor = await Acceptor.start({ ...options, through });
    const root = join(cgroup2Mount ?? '', `tcpaccept-test-${process.pid}-${name}`);
    const folders = [root, ...levels.map((_, i) => join(root, ...levels.slice(0, i + 1)))];
    const container = new Container(acceptor, folders);
    try {
      for (const folder of folders) mkdirSync(folder);
      writeFileSync(join(folders.at(-1) ?? '', 'cgroup.procs'), String(acceptor.facts.pid));
      return container;
    } catch (error) {
      await container[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(acceptor: Acceptor, folders: readonly string[]) {
    this.acceptor = acceptor;
    this.#folders = folders;
  }

  /** For `--netns`: whatever else is on the host, only this container's accepts. */
  get networkNamespacePath(): string {
    return `/proc/${this.acceptor.facts.pid}/ns/net`;
  }

  /** Makes connections from within its network namespace, each until it is accepted. */
  connect(count: number): Promise<Connected[]> {
    const through = ['nsenter', '--net', '--target', String(this.acceptor.facts.pid)];
    return connect(this.acceptor.targets(), count, { awaits: true, through });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.acceptor[Symbol.asyncDispose]();
    for (const folder of this.#folders.toReversed()) removeCgroup(folder);
  }
}
