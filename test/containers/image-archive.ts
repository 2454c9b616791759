import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a container of the image runs unless told otherwise. */
const SLEEP = ['/bin/busybox', 'sleep', '86400'];
const BUSYBOX = '/bin/busybox';

/** An archive as `docker save` writes it, of an image with busybox alone, by name and tag. Removed when disposed of. */
export class ImageArchive {
  readonly path: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'otel-tcpaccept-image-'));

  constructor(reference: string) {
    const root = join(this.#folder, 'root');
    mkdirSync(join(root, 'bin'), { recursive: true });
    copyFileSync(BUSYBOX, join(root, BUSYBOX));
    const layer = join(this.#folder, 'layer.tar');
    tar(layer, root, ['.']);
    const config = JSON.stringify({
      architecture: { x64: 'amd64' }[process.arch as string] ?? process.arch,
      os: 'linux',
      config: { Entrypoint: SLEEP },
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(readFileSync(layer))}`] },
    });
    const configName = `${sha256(config)}.json`;
    writeFileSync(join(this.#folder, configName), config);
    const manifest = [{ Config: configName, RepoTags: [reference], Layers: ['layer.tar'] }];
    writeFileSync(join(this.#folder, 'manifest.json'), JSON.stringify(manifest));
    this.path = join(this.#folder, 'image.tar');
    tar(this.path, this.#folder, ['manifest.json', configName, 'layer.tar']);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}

function tar(archive: string, folder: string, names: readonly string[]): void {
  execFileSync('tar', ['--create', `--file=${archive}`, `--directory=${folder}`, ...names]);
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
