import { Client, credentials, type MethodDefinition, type ServiceError, status } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import type { ContainerFacts } from './container-facts.ts';
import { CRI_PROTOCOL, type CriContainer } from './cri-protocol.ts';
import { imageOf } from './image-reference.ts';
import {
  ANSWER_MILLIS,
  MOST_ANSWER_BYTES,
  MOST_LIST_BYTES,
  MOST_LISTED,
  type RuntimeClient,
  RuntimeFailure,
  textOf,
} from './runtime-client.ts';

type Method = MethodDefinition<object, object>;

const CONTAINER_RUNNING = 1;
const RECONNECT_MILLIS = 5000;

/** Asks containerd or cri-o through the Container Runtime Interface: only what is there, changing nothing. */
export class CriClient implements RuntimeClient {
  readonly description: string;
  readonly #service = serviceOf();
  readonly #socketPath: string;
  readonly #client: Client;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
    this.description = `CRI at ${socketPath}`;
    this.#client = openClient(socketPath, MOST_ANSWER_BYTES);
  }

  async list(): Promise<ReadonlyMap<string, ContainerFacts>> {
    // The most that may come is a channel's to say, and a list is longer than any other answer.
    const client = openClient(this.#socketPath, MOST_LIST_BYTES);
    try {
      const filter = { state: { state: CONTAINER_RUNNING } };
      const answer = await this.#ask(client, this.#service['ListContainers'], { filter });
      const { containers }: { containers?: readonly CriContainer[] } = answer ?? {};
      const known = (containers ?? [])
        .slice(0, MOST_LISTED)
        .map((one) => [textOf(one.id) ?? '', factsOf(one)] as const);
      return new Map(known);
    } finally {
      client.close();
    }
  }

  async find(containerId: string): Promise<ContainerFacts | undefined> {
    const answer = await this.#ask(this.#client, this.#service['ContainerStatus'], { containerId });
    const { status: container }: { status?: CriContainer | null } = answer ?? {};
    // It also takes the beginning of an id.
    return container && container.id === containerId ? factsOf(container) : undefined;
  }

  close(): void {
    this.#client.close();
  }

  /** The answer; `undefined`: it knows no such thing. */
  #ask(client: Client, method: Method | undefined, question: object): Promise<object | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<object | undefined>();
    if (!method) throw new Error('the protocol has no such method');
    const { path, requestSerialize, responseDeserialize } = method;
    const deadline = Date.now() + ANSWER_MILLIS;
    const onAnswer = (error: ServiceError | null, answer?: object) => {
      if (!error) resolve(answer);
      else if (error.code === status.NOT_FOUND) resolve(undefined);
      else reject(this.#failure(error));
    };
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, question, { deadline }, onAnswer);
    return promise;
  }

  #failure({ code, details }: ServiceError): RuntimeFailure {
    const isAway = code === status.UNAVAILABLE || code === status.DEADLINE_EXCEEDED;
    const why =
      code === status.DEADLINE_EXCEEDED
        ? `no answer within ${ANSWER_MILLIS / 1000} s`
        : code === status.UNIMPLEMENTED
          ? 'it does not offer runtime.v1 of CRI, as a containerd with its cri plugin disabled'
          : details.slice(0, 300);
    return new RuntimeFailure(`${this.description}: ${why}`, isAway);
  }
}

function openClient(socketPath: string, mostBytes: number): Client {
  return new Client(`unix://${socketPath}`, credentials.createInsecure(), {
    'grpc.max_receive_message_length': mostBytes,
    'grpc.initial_reconnect_backoff_ms': 1000,
    'grpc.max_reconnect_backoff_ms': RECONNECT_MILLIS,
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
  });
}

function serviceOf(): Readonly<Record<string, Method>> {
  // Its type asks for fields of namespaces, which have none.
  const protocol = CRI_PROTOCOL as unknown as Parameters<typeof fromJSON>[0];
  return fromJSON(protocol)['runtime.v1.RuntimeService'] as unknown as Readonly<Record<string, Method>>;
}

/** The labels are those that a kubelet puts on its containers (k8s.io/kubelet/pkg/types/labels.go). */
function factsOf({ metadata, image, imageRef, labels }: CriContainer): ContainerFacts {
  return {
    name: textOf(metadata?.name),
    ...imageOf(textOf(image?.image), textOf(imageRef)),
    podName: textOf(labels?.['io.kubernetes.pod.name']),
    namespaceName: textOf(labels?.['io.kubernetes.pod.namespace']),
    podContainerName: textOf(labels?.['io.kubernetes.container.name']),
  };
}
