import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakePod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly nodeName: string;
  /** Of the replica set that owns it; undefined: nobody does. */
  readonly replicaSet: { readonly name: string; readonly templateHash: string } | undefined;
  readonly containers: readonly { readonly name: string; readonly id: string }[];
}

/** As much of a Kubernetes API server as the collector's k8s_attributes asks for: a watch-list of the node's pods. */
export class FakeKubernetes {
  /** Paths with their queries, in order. */
  readonly requests: string[] = [];
  readonly #pods: readonly FakePod[];
  readonly #server = createServer((request, response) => this.#answer(request, response));

  static async start(pods: readonly FakePod[]): Promise<FakeKubernetes> {
    const api = new FakeKubernetes(pods);
    await once(api.#server.listen(0, '127.0.0.1'), 'listening');
    return api;
  }

  private constructor(pods: readonly FakePod[]) {
    this.#pods = pods;
  }

  /** A kubeconfig that names this server and no credentials. */
  get kubeconfig(): string {
    const { port } = this.#server.address() as AddressInfo;
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'fake',
      contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'nobody' } }],
      clusters: [{ name: 'fake', cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: 'nobody', user: {} }],
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(request.url ?? '');
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
    response.setHeader('content-type', 'application/json');
    if (pathname !== '/api/v1/pods') {
      response.writeHead(404).end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 404 }));
      return;
    }
    const selector = searchParams.get('fieldSelector') ?? '';
    const pods = this.#pods.filter(({ nodeName }) => selector === `spec.nodeName=${nodeName}`).map(podObject);
    if (searchParams.get('watch') === null) {
      response.end(
        JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: pods }),
      );
      return;
    }
    // The stream stays open, as a watch does: nothing changes after the pods there are.
    for (const object of pods) response.write(`${JSON.stringify({ type: 'ADDED', object })}\n`);
    const annotations = { 'k8s.io/initial-events-end': 'true' };
    const object = { kind: 'Pod', apiVersion: 'v1', metadata: { resourceVersion: '1', annotations } };
    response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await once(this.#server.close(), 'close');
  }
}

function podObject({ namespace, name, uid, nodeName, replicaSet, containers }: FakePod) {
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      namespace,
      name,
      uid,
      resourceVersion: '1',
      creationTimestamp: '2026-11-25T00:00:00Z',
      ...(replicaSet && {
        labels: { 'pod-template-hash': replicaSet.templateHash },
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: replicaSet.name, uid: `rs-${uid}`, controller: true },
        ],
      }),
    },
    spec: { nodeName, containers: containers.map((container) => ({ name: container.name, image: 'fake:1' })) },
    status: {
      phase: 'Running',
      containerStatuses: containers.map((container) => ({
        name: container.name,
        containerID: `containerd://${container.id}`,
        image: 'fake:1',
        imageID: 'fake',
        restartCount: 0,
        ready: true,
        state: { running: { startedAt: '2026-11-25T00:00:00Z' } },
      })),
    },
  };
}
