import { once } from 'node:events';
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net';
import { inTime } from '../in-time.ts';
import { TemporaryCgroup } from './cgroup.ts';
import { type Client, connectTo, resetAll } from './client.ts';
import { type Listener, Server } from './server.ts';

/** Who can accept: a server in a cgroup of its own, one in a mount namespace of its own, and this very process. */
export const ACCEPTORS = ['grouped', 'unshared', 'own'] as const;
export type Acceptor = (typeof ACCEPTORS)[number];
export const FAMILIES = ['inet', 'inet6'] as const;
export type Family = (typeof FAMILIES)[number];

/** One connection and who accepted it. */
export interface Made {
  readonly client: Client;
  readonly acceptor: Acceptor;
  /** Of the listener's socket. */
  readonly family: Family;
  readonly port: number;
}

const ADDRESS = { inet: '127.0.0.1', inet6: '::' } as const;
const HOSTS = { inet: ['127.0.0.1'], inet6: ['127.0.0.1', '::1'] } as const;

/** Every acceptor with a listener of each family, the inet6 ones dual-stack. */
export class Acceptors {
  readonly grouped: Server;
  readonly unshared: Server;
  readonly cgroup = new TemporaryCgroup();
  readonly #listeners = new Map<string, Listener>();
  readonly #own = new Map<Family, NetServer>();

  private constructor(grouped: Server, unshared: Server) {
    this.grouped = grouped;
    this.unshared = unshared;
    this.cgroup.add(grouped.pid);
  }

  static async start(): Promise<Acceptors> {
    const acceptors = new Acceptors(await Server.start(), await Server.start('unshare', '--mount'));
    for (const family of FAMILIES) await acceptors.#listen(family);
    return acceptors;
  }

  async #listen(family: Family): Promise<void> {
    const own = createServer((socket) => socket.on('error', () => {}));
    await once(own.listen(0, ADDRESS[family]), 'listening');
    this.#own.set(family, own);
    this.#listeners.set(`own ${family}`, { listener: 0, port: (own.address() as AddressInfo).port });
    for (const name of ['grouped', 'unshared'] as const) {
      this.#listeners.set(`${name} ${family}`, await this[name].listen(family, ADDRESS[family]));
    }
  }

  portOf(acceptor: Acceptor, family: Family): number {
    return this.#listenerOf(acceptor, family).port;
  }

  /** One connection from every address to every listener, accepted and then reset. */
  async makeConnections(): Promise<Made[]> {
    const made: Made[] = [];
    for (const acceptor of ACCEPTORS) {
      for (const family of FAMILIES) made.push(...(await this.#makeTo(acceptor, family)));
    }
    resetAll(made.map(({ client }) => client));
    return made;
  }

  async #makeTo(acceptor: Acceptor, family: Family): Promise<Made[]> {
    const listener = this.#listenerOf(acceptor, family);
    const made: Made[] = [];
    for (const host of HOSTS[family]) {
      const own = acceptor === 'own' ? this.#own.get(family) : undefined;
      const accepted = own && once(own, 'connection');
      made.push({ client: await connectTo(listener.port, host), acceptor, family, port: listener.port });
      if (accepted) await inTime(accepted, 'this process accepted its connection');
      else if (acceptor !== 'own') await this[acceptor].accept(listener);
    }
    return made;
  }

  #listenerOf(acceptor: Acceptor, family: Family): Listener {
    const listener = this.#listeners.get(`${acceptor} ${family}`);
    if (!listener) throw new Error(`${acceptor} does not listen on ${family}`);
    return listener;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const own of this.#own.values()) own.close();
    await this.grouped[Symbol.asyncDispose]();
    await this.unshared[Symbol.asyncDispose]();
    this.cgroup[Symbol.dispose]();
  }
}
