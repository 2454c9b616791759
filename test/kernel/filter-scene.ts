import { mkdirSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupMountPoint } from '../../src/identity/cgroup-mount.ts';
import { removeCgroup } from '../remove-cgroup.ts';
import { type Route, SelfAcceptor } from './self-acceptor.ts';

export const NOBODY = 65_534;
export const USERS = [0, NOBODY] as const;
/** IPv4, IPv4 through a dual-stack listener, and IPv6; both ends vary. */
export const ROUTES: readonly Route[] = [
  ['inet', '127.0.0.1', '127.0.0.1'],
  ['inet', '127.1.2.3', '127.0.0.1'],
  ['inet', '127.0.0.1', '127.9.8.7'],
  ['inet', '127.1.2.3', '127.9.8.7'],
  ['inet6', '127.1.2.3', '127.9.8.7'],
  ['inet6', '::1', '::1'],
];

/** One accept and all that a filter may ask of it. */
export interface Made {
  readonly pid: number;
  readonly user: number;
  readonly networkNamespace: number;
  /** Path of its cgroup's directory. */
  readonly cgroup: string;
  /** Of the socket. */
  readonly family: 'inet' | 'inet6';
  readonly peerAddress: string;
  readonly localAddress: string;
  readonly peerPort: number;
  readonly localPort: number;
}

/** Where processes are: two cgroups side by side, and in each the cgroup of one container with another below it. */
class Cgroups {
  readonly mountPoint = cgroupMountPoint() ?? '';
  readonly containerId = Array.from({ length: 64 }, () => Math.floor(Math.random() * 16).toString(16)).join('');
  readonly first = mkdtempSync(join(this.mountPoint, 'tcpaccept-filters-'));
  readonly second = mkdtempSync(join(this.mountPoint, 'tcpaccept-filters-'));
  readonly containers = [join(this.first, `docker-${this.containerId}.scope`), join(this.second, this.containerId)];
  readonly inner = this.containers.map((path) => join(path, 'inner'));

  constructor() {
    for (const path of [...this.containers, ...this.inner]) mkdirSync(path);
  }

  /** Moved, not left behind: the kernel lets go of a cgroup only some time after its last process was reaped. */
  moveOut(pid: number): void {
    writeFileSync(join(this.mountPoint, 'cgroup.procs'), String(pid));
  }

  /** Another container, whose id begins with the same 12 digits. */
  addContainerLikeTheFirst(): Disposable {
    const path = join(this.second, `crio-${this.containerId.slice(0, 12).padEnd(64, '0')}.scope`);
    mkdirSync(path);
    return { [Symbol.dispose]: () => removeCgroup(path) };
  }

  [Symbol.dispose](): void {
    for (const path of [...this.inner, ...this.containers, this.first, this.second]) removeCgroup(path);
  }
}

/** Processes in every combination of cgroup, container and network namespace, that accept as every user. */
export class FilterScene {
  readonly cgroups = new Cgroups();
  readonly acceptors: SelfAcceptor[] = [];
  readonly #cgroupOf = new Map<SelfAcceptor, string>();

  static async start(): Promise<FilterScene> {
    const scene = new FilterScene();
    const { first, second, inner } = scene.cgroups;
    for (const cgroup of [first, second, ...inner]) {
      for (const wrapper of [[], ['unshare', '--net']]) await scene.#add(cgroup, wrapper);
    }
    return scene;
  }

  async #add(cgroup: string, wrapper: readonly string[]): Promise<void> {
    const acceptor = await SelfAcceptor.start(...wrapper);
    writeFileSync(join(cgroup, 'cgroup.procs'), String(acceptor.pid));
    this.acceptors.push(acceptor);
    this.#cgroupOf.set(acceptor, cgroup);
  }

  acceptor(index: number): SelfAcceptor {
    const acceptor = this.acceptors[index];
    if (!acceptor) throw new Error(`there is no acceptor ${index}`);
    return acceptor;
  }

  /** Every acceptor as every user along every route. */
  async makeConnections(): Promise<Made[]> {
    return (await Promise.all(this.acceptors.map((acceptor) => this.#makeConnections(acceptor)))).flat();
  }

  async #makeConnections(acceptor: SelfAcceptor): Promise<Made[]> {
    const made: Made[] = [];
    for (const user of USERS) {
      const ports = await acceptor.run(user, ROUTES);
      for (const [i, [family, peerAddress, localAddress]] of ROUTES.entries()) {
        const [peerPort = 0, localPort = 0] = ports[i] ?? [];
        const networkNamespace = networkNamespaceOf(acceptor.pid);
        const cgroup = this.#cgroupOf.get(acceptor) ?? '';
        made.push({
          pid: acceptor.pid,
          user,
          networkNamespace,
          cgroup,
          family,
          peerAddress,
          localAddress,
          peerPort,
          localPort,
        });
      }
    }
    return made;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const acceptor of this.acceptors) {
      this.cgroups.moveOut(acceptor.pid);
      await acceptor[Symbol.asyncDispose]();
    }
    this.cgroups[Symbol.dispose]();
  }
}

export function networkNamespaceOf(pid: number): number {
  return statSync(`/proc/${pid}/ns/net`).ino;
}
