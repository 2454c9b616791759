import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The folder of an application that has this package, as built, and its libraries installed; removed when disposed of. */
export class InstalledPackage {
  readonly folder = mkdtempSync(join(tmpdir(), 'otel-tcpaccept-test-'));

  /** `without` the addon, it is a copy of what was compiled to JavaScript. */
  constructor({ without }: { readonly without?: 'addon' } = {}) {
    const installed = join(this.folder, 'node_modules/otel-tcpaccept');
    mkdirSync(join(this.folder, 'node_modules'));
    for (const name of ['@opentelemetry', '@types']) {
      symlinkSync(join(ROOT, 'node_modules', name), join(this.folder, 'node_modules', name));
    }
    if (without === undefined) {
      symlinkSync(ROOT, installed);
      return;
    }
    mkdirSync(installed);
    for (const name of ['dist', 'package.json']) cpSync(join(ROOT, name), join(installed, name), { recursive: true });
  }

  /** Writes a file of the application; returns its path. */
  write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}
