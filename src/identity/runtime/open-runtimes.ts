import { existsSync } from 'node:fs';
import { TcpAcceptError } from '../../errors.ts';
import type { ContainerFacts } from './container-facts.ts';
import { NamedContainers } from './named-containers.ts';
import type { RuntimeAddress, RuntimeApi } from './runtime-address.ts';
import { type RuntimeClient, RuntimeFailure } from './runtime-client.ts';

/** What a runtime that answers knew at once. */
interface Opened {
  readonly client: RuntimeClient;
  readonly known: ReadonlyMap<string, ContainerFacts>;
}

/**
 * Connects to every runtime of `addresses` and takes over what each knows of the containers that run now, within 5 s.
 *
 * Throws `ERR_CONTAINER_RUNTIME`, naming the sockets tried, when one of them has no socket or does not answer.
 */
export async function openRuntimes(
  addresses: readonly RuntimeAddress[],
  warn: (cause: string, text: string) => void,
): Promise<NamedContainers> {
  const opened = await Promise.allSettled(addresses.map(open));
  const [failed] = opened.filter((one) => one.status === 'rejected');
  const good = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  if (failed) {
    for (const { client } of good) client.close();
    throw failed.reason;
  }
  const known = good.flatMap((one) => [...one.known]);
  return new NamedContainers({ clients: good.map(({ client }) => client), known, warn });
}

async function open({ text, api, sockets }: RuntimeAddress): Promise<Opened> {
  const socketPath = sockets.find((path) => existsSync(path));
  if (socketPath === undefined) throw refusal(text, `there is no socket ${sockets.join(' or ')}`);
  const reasons: string[] = [];
  for (const one of api ? [api] : (['docker', 'cri'] as const)) {
    const client = await clientOf(one, socketPath);
    try {
      return { client, known: await client.list() };
    } catch (thrown) {
      client.close();
      if (!(thrown instanceof RuntimeFailure)) throw thrown;
      reasons.push(thrown.message);
    }
  }
  throw refusal(text, reasons.join('; '));
}

/** Imported only when wanted: gRPC takes some MB. */
async function clientOf(api: RuntimeApi, socketPath: string): Promise<RuntimeClient> {
  if (api === 'docker') return new (await import('./docker-client.ts')).DockerClient(socketPath);
  return new (await import('./cri-client.ts')).CriClient(socketPath);
}

function refusal(text: string, why: string): TcpAcceptError {
  const mend = 'start it, give the path of its socket, or leave --container-runtime (TCPACCEPT_CONTAINER_RUNTIME) out';
  return new TcpAcceptError('ERR_CONTAINER_RUNTIME', `the container runtime ${text} does not answer: ${why}; ${mend}`);
}
