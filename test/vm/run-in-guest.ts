import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootGuest, GuestStoodStill, NODE_OF_GUEST } from './guest.ts';
import { fetchKernel } from './kernel.ts';

const FETCH_HEADERS = fileURLToPath(new URL('fetch-headers.sh', import.meta.url));

/** bcc looks for headers where their packages put them. */
const SCRIPT = `#!/bin/bash
set -e
if [ -n "$HEADERS" ]; then
  ln -s "$HEADERS"/usr/src/* /usr/src/
  ln -s "$HEADERS"/usr/lib/linux-kbuild-* /usr/lib/
  mkdir -p "/lib/modules/$(uname -r)"
  ln -s "$HEADERS/lib/modules/$(uname -r)"/* "/lib/modules/$(uname -r)/"
fi
exec "$NODE" "$PROGRAM" /results/results.json $ARGUMENTS
`;

export interface GuestProgram {
  /** Of kernels, for instance `6.1`. */
  readonly line: string;
  /** A program, by its path from this file; its first argument is the file where it leaves its results as JSON. */
  readonly program: string;
  readonly args?: readonly string[];
  /** Whether the kernel's headers are where bcc looks; default false. */
  readonly headers?: boolean;
  /** Default none. */
  readonly modules?: readonly string[];
  readonly timeoutMillis: number;
}

/**
 * Boots a guest for one program of this folder, and returns what it left. Fails unless it exits with 0. A guest whose
 * machine stood still shows nothing of the program: it is booted once more, which stderr says.
 */
export async function runInGuest<Results>(what: GuestProgram): Promise<Results> {
  try {
    return await runOnce(what);
  } catch (error) {
    if (!(error instanceof GuestStoodStill)) throw error;
    process.stderr.write(`${what.program} on ${what.line}, once more: ${error.message}\n`);
    return await runOnce(what);
  }
}

async function runOnce<Results>(what: GuestProgram): Promise<Results> {
  const { line, program, args = [], headers = false, modules = [], timeoutMillis } = what;
  const folder = await mkdtemp(join(tmpdir(), 'otel-tcpaccept-guest-'));
  try {
    const kernel = await fetchKernel(line);
    const script = join(folder, 'script.sh');
    await writeFile(script, SCRIPT, { mode: 0o755 });
    const env = {
      ...NODE_OF_GUEST,
      PROGRAM: fileURLToPath(new URL(program, import.meta.url)),
      ARGUMENTS: args.join(' '),
      HEADERS: headers ? await headersOf(kernel) : '',
    };
    const guest = await bootGuest({ kernel, script, results: folder, env, modules, timeoutMillis });
    assert.equal(guest.exitCode, 0, guest.output);
    return JSON.parse(await readFile(join(folder, 'results.json'), 'utf8'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function headersOf(kernel: string): Promise<string> {
  const [release = ''] = await readdir(join(kernel, 'lib/modules'));
  return execFileSync(FETCH_HEADERS, [release], { encoding: 'utf8' }).trim();
}
