import { join } from 'node:path';
import { RuntimeDaemon, run } from './runtime-daemon.ts';

/** A build prints much. */
const MOST_OUTPUT_BYTES = 64 * 1024 ** 2;

export interface DockerContainer {
  readonly id: string;
  readonly imageId: string;
}

/** A Docker Engine of its own, without networks: its containers have the host's, or none. */
export class DockerEngine {
  readonly #daemon = new RuntimeDaemon();

  static async start(): Promise<DockerEngine> {
    const engine = new DockerEngine();
    try {
      await engine.startAgain();
      return engine;
    } catch (error) {
      await engine[Symbol.asyncDispose]();
      throw error;
    }
  }

  get socketPath(): string {
    return this.#daemon.socketPath;
  }

  /** After `stop`; its containers run on meanwhile. */
  async startAgain(): Promise<void> {
    const { folder } = this.#daemon;
    const options = {
      host: `unix://${this.socketPath}`,
      'data-root': join(folder, 'data'),
      'exec-root': join(folder, 'exec'),
      pidfile: join(folder, 'pid'),
      bridge: 'none',
      iptables: 'false',
      'live-restore': 'true',
    };
    const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
    await this.#daemon.start('dockerd', args, () => this.docker('version'));
  }

  stop(): Promise<void> {
    return this.#daemon.stop();
  }

  /** Runs the client, and returns what it printed. */
  async docker(...args: string[]): Promise<string> {
    // The classic builder is part of the engine; the other one is a plugin of the client.
    const options = { maxBuffer: MOST_OUTPUT_BYTES, env: { ...process.env, DOCKER_BUILDKIT: '0' } };
    return (await run('docker', ['--host', `unix://${this.socketPath}`, ...args], options)).stdout.trim();
  }

  /** A container on the host's network that runs `command` of the image's busybox. */
  async run(name: string, image: string, command: readonly string[]): Promise<DockerContainer> {
    const options = ['--detach', '--network=host', '--name', name, '--entrypoint', '/bin/busybox'];
    const id = await this.docker('run', ...options, image, ...command);
    return { id, imageId: await this.docker('inspect', '--format={{.Image}}', id) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Whoever is left would run on.
    const left = await this.docker('ps', '--all', '--quiet').catch(() => '');
    if (left !== '') await this.docker('rm', '--force', ...left.split('\n'));
    await this.#daemon[Symbol.asyncDispose]();
  }
}
