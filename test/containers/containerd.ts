import { randomUUID } from 'node:crypto';
import { globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, credentials, type MethodDefinition } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import { removeCgroup } from '../remove-cgroup.ts';
import { CRI_LIFE } from './cri-life.ts';
import { RuntimeDaemon, run } from './runtime-daemon.ts';

const CALL_MILLIS = 60_000;
/** Its containers', in every hierarchy there is; they leave it behind. */
const CGROUP = `tcpaccept-test-containerd-${process.pid}`;

/** A pod with one container, as a kubelet would have made it. */
export interface CriPod {
  readonly containerId: string;
  readonly podUid: string;
}

export interface PodSpec {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly image: string;
  /** Of the image's busybox. */
  readonly command: readonly string[];
}

/** A containerd of its own, driven through the Container Runtime Interface as a kubelet does; pods are on the host's network. */
export class Containerd {
  readonly #daemon = new RuntimeDaemon();
  readonly #methods = methodsOf();
  readonly #pods: string[] = [];

  /** `pauseImage` is what holds a pod; it has to be loaded before the first pod. */
  static async start(pauseImage: string): Promise<Containerd> {
    const containerd = new Containerd();
    try {
      await containerd.#start(pauseImage);
      return containerd;
    } catch (error) {
      await containerd[Symbol.asyncDispose]();
      throw error;
    }
  }

  get socketPath(): string {
    return this.#daemon.socketPath;
  }

  async load(archivePath: string): Promise<void> {
    // What CRI knows of is in this namespace of containerd.
    await run('ctr', ['--address', this.socketPath, '--namespace', 'k8s.io', 'images', 'import', archivePath]);
  }

  async runPod({ namespace, pod, container, image, command }: PodSpec): Promise<CriPod> {
    const podUid = randomUUID();
    const labels = {
      'io.kubernetes.pod.name': pod,
      'io.kubernetes.pod.namespace': namespace,
      'io.kubernetes.pod.uid': podUid,
    };
    const sandboxConfig = {
      metadata: { name: pod, namespace, uid: podUid },
      labels,
      linux: {
        cgroupParent: `/${CGROUP}/kubepods/besteffort/pod${podUid}`,
        securityContext: { namespaceOptions: { network: 2 } },
      },
    };
    const { podSandboxId = '' } = await this.#call<{ podSandboxId: string }>('RunPodSandbox', {
      config: sandboxConfig,
    });
    this.#pods.push(podSandboxId);
    const config = {
      metadata: { name: container },
      image: { image },
      command: ['/bin/busybox', ...command],
      labels: { ...labels, 'io.kubernetes.container.name': container },
      linux: { securityContext: { namespaceOptions: { network: 2 } } },
    };
    const { containerId = '' } = await this.#call<{ containerId: string }>('CreateContainer', {
      podSandboxId,
      config,
      sandboxConfig,
    });
    await this.#call('StartContainer', { containerId });
    return { containerId, podUid };
  }

  async #start(pauseImage: string): Promise<void> {
    const { folder } = this.#daemon;
    const configPath = join(folder, 'config.toml');
    const config = [
      'version = 2',
      `root = "${join(folder, 'root')}"`,
      `state = "${join(folder, 'state')}"`,
      '[grpc]',
      `address = "${this.socketPath}"`,
      '[plugins."io.containerd.grpc.v1.cri"]',
      `sandbox_image = "${pauseImage}"`,
      'restrict_oom_score_adj = true',
    ];
    writeFileSync(configPath, `${config.join('\n')}\n`);
    await this.#daemon.start('containerd', ['--config', configPath], () => this.#call('Version', {}));
  }

  async #call<Answer>(name: string, question: object): Promise<Partial<Answer>> {
    const method = this.#methods[name];
    if (!method) throw new Error(`no method ${name}`);
    const client = new Client(`unix://${this.socketPath}`, credentials.createInsecure());
    const { promise, resolve, reject } = Promise.withResolvers<Partial<Answer>>();
    client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      question,
      { deadline: Date.now() + CALL_MILLIS },
      (error, answer) => (error ? reject(error) : resolve((answer ?? {}) as Partial<Answer>)),
    );
    try {
      return await promise;
    } finally {
      client.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const podSandboxId of this.#pods) {
      await this.#call('StopPodSandbox', { podSandboxId });
      await this.#call('RemovePodSandbox', { podSandboxId });
    }
    await this.#daemon[Symbol.asyncDispose]();
    for (const folder of globSync(`/sys/fs/cgroup/{,*/}${CGROUP}/{**/,}`).sort().reverse()) removeCgroup(folder);
  }
}

function methodsOf(): Readonly<Record<string, MethodDefinition<object, object>>> {
  const protocol = CRI_LIFE as unknown as Parameters<typeof fromJSON>[0];
  return fromJSON(protocol)['runtime.v1.RuntimeService'] as unknown as ReturnType<typeof methodsOf>;
}
