import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const FETCH_SCRIPT = fileURLToPath(new URL('fetch-kernel.sh', import.meta.url));

/** The folder of Debian's kernel of a line, for instance `6.1`. The first call fetches it, in about 10 s. */
export async function fetchKernel(line: string, architecture: 'amd64' | 'arm64' = 'amd64'): Promise<string> {
  const fetching = promisify(execFile)(FETCH_SCRIPT, [line, architecture]);
  fetching.child.stderr?.pipe(process.stderr);
  return (await fetching).stdout.trim();
}

/**
 * The files to insert, in this order, for these modules of a kernel folder and all they depend on.
 * A module built into the kernel needs no file. One that the folder does not have is an error.
 */
export async function moduleFiles(kernel: string, modules: readonly string[]): Promise<string[]> {
  const all = join(kernel, 'lib/modules');
  const [release = ''] = await readdir(all);
  const folder = join(all, release);
  const builtin = new Set(lines(await readFile(join(folder, 'modules.builtin'), 'utf8')).map(moduleName));
  const known = new Map<string, { file: string; needs: string[] }>();
  for (const line of lines(await readFile(join(folder, 'modules.dep'), 'utf8'))) {
    const [file = '', needs = ''] = line.split(':');
    known.set(moduleName(file), { file: join(folder, file), needs: needs.split(' ').filter(Boolean).map(moduleName) });
  }

  const ordered = new Set<string>();
  const add = (name: string) => {
    if (builtin.has(name)) return;
    const module = known.get(name);
    if (module === undefined) throw new Error(`${folder} has no module ${name}; fetch-kernel.sh says what it keeps`);
    module.needs.forEach(add);
    ordered.add(module.file);
  };
  modules.map(moduleName).forEach(add);
  return [...ordered];
}

function lines(text: string): string[] {
  return text.split('\n').filter(Boolean);
}

/** The kernel takes `-` and `_` for the same in a module's name; its files have either. */
function moduleName(file: string): string {
  return basename(file, '.ko').replaceAll('-', '_');
}
