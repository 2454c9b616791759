import { execFile } from 'node:child_process';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const INIT_SCRIPT = fileURLToPath(new URL('init.sh', import.meta.url));
const MOUNT_POINTS = ['dev', 'proc', 'sys', 'runner', 'host', 'memory', 'root'];

interface InitramfsContent {
  readonly busybox: string;
  /** Files of kernel modules, in the order they are inserted. */
  readonly modules: readonly string[];
  /** The program to run in the guest's root. */
  readonly script: string;
  /** Its environment, beside HOME and PATH. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether there is a share to mount at /results. */
  readonly hasResults: boolean;
  /** Since the kernel's start, after which the guest writes down what its threads wait for, and ends. */
  readonly patienceSeconds: number;
}

/** Writes an initramfs: busybox, the modules and init.sh with its settings. Packed uncompressed, for speed on both sides. */
export async function writeInitramfs(path: string, content: InitramfsContent): Promise<void> {
  const tree = `${path}.tree`;
  for (const folder of ['bin', 'modules', ...MOUNT_POINTS]) await mkdir(join(tree, folder), { recursive: true });
  await copyFile(content.busybox, join(tree, 'bin/busybox'));
  await copyFile(INIT_SCRIPT, join(tree, 'init'));
  for (const module of content.modules) await copyFile(module, join(tree, 'modules', basename(module)));
  await writeFile(join(tree, 'modules/order'), content.modules.map((module) => `${basename(module)}\n`).join(''));
  const assignments = Object.entries(content.env).map(([name, value]) => quoted(`${name}=${value}`));
  const settings = [
    `SCRIPT=${quoted(content.script)}`,
    `RESULTS=${content.hasResults ? 1 : 0}`,
    `PATIENCE_SECONDS=${content.patienceSeconds}`,
    `set -- ${assignments.join(' ')}`,
  ];
  await writeFile(join(tree, 'settings'), `${settings.join('\n')}\n`);
  await promisify(execFile)('sh', ['-c', 'find . | cpio --quiet -o -H newc >"$0"', path], { cwd: tree });
  await rm(tree, { recursive: true });
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
