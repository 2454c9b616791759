import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BpfFilesystem } from './bpf-filesystem.ts';

/** A BPF file system with a place for pins, and a file for what readers read. All gone when disposed of. */
export class PinScene {
  readonly filesystem = new BpfFilesystem();
  readonly directory = this.filesystem.pathOf('pins');
  readonly #folder = mkdtempSync(join(tmpdir(), 'tcpaccept-pins-'));
  readonly file = join(this.#folder, 'records');

  constructor() {
    writeFileSync(this.file, '');
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
    this.filesystem[Symbol.dispose]();
  }

  /** What the file system holds beside what the kernel itself put there. */
  pins(): string[] {
    return this.filesystem.pins().filter((name) => !name.endsWith('.debug'));
  }
}
