import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootGuest, NODE_OF_GUEST } from './guest.ts';
import { fetchKernel } from './kernel.ts';

export interface GuestProgram {
  /** Of kernels, for instance `6.1`. */
  readonly line: string;
  /** A TypeScript file that is called with a file to write its result to, as JSON, and `args`. */
  readonly program: string;
  readonly args?: readonly string[];
  readonly kernelArgs?: string;
  readonly timeoutMillis?: number;
}

/** Boots a guest for one program and hands back what it wrote; fails with the program's output when it does. */
export async function resultFromGuest<T>(options: GuestProgram): Promise<T> {
  const { line, program, args = [], kernelArgs = '', timeoutMillis = 300_000 } = options;
  const folder = await mkdtemp(join(tmpdir(), 'otel-tcpaccept-result-'));
  try {
    await writeFile(join(folder, 'arguments'), args.map((arg) => `${arg}\n`).join(''));
    const script = join(folder, 'script.sh');
    const command = 'exec xargs -d "\\n" -a /results/arguments "$NODE" "$PROGRAM" /results/result';
    await writeFile(script, `#!/bin/bash\n${command}\n`, { mode: 0o755 });
    const guest = await bootGuest({
      kernel: await fetchKernel(line),
      script,
      results: folder,
      env: { ...NODE_OF_GUEST, PROGRAM: program },
      appendKernelArgs: kernelArgs,
      timeoutMillis,
    });
    assert.equal(guest.exitCode, 0, guest.output);
    return JSON.parse(await readFile(join(folder, 'result'), 'utf8'));
  } finally {
    await rm(folder, { recursive: true });
  }
}
