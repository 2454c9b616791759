import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** One of the things that are compared: a module that a process of its own runs, and calls `serve`. */
export interface Variant {
  readonly name: string;
  readonly module: URL;
  readonly args: readonly string[];
}

/** What one round of a variant took. */
export type Sample = Readonly<Record<string, number>>;

/**
 * Runs every variant once a round, one after the other, each in its process that lives for all rounds; the first
 * `warmups` rounds are not kept. Rejects when a process ends.
 */
export async function alternate(
  variants: readonly Variant[],
  { rounds, warmups }: { readonly rounds: number; readonly warmups: number },
): Promise<Map<string, Sample[]>> {
  const children = variants.map((variant) => new VariantProcess(variant));
  const samples = new Map(variants.map(({ name }) => [name, [] as Sample[]]));
  try {
    for (let round = -warmups; round < rounds; round++) {
      for (const [index, { name }] of variants.entries()) {
        const sample = await children[index]?.ask();
        if (round >= 0 && sample) samples.get(name)?.push(sample);
      }
    }
  } finally {
    for (const child of children) child.end();
  }
  return samples;
}

class VariantProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  constructor({ name, module, args }: Variant) {
    this.#child = fork(module, args, { execArgv: [] });
    this.#ended = once(this.#child, 'exit').then(([code, signal]) => {
      throw new Error(`${name} ended: ${code ?? signal}`);
    });
    this.#ended.catch(() => {});
  }

  async ask(): Promise<Sample> {
    this.#child.send('round');
    const [sample]: Sample[] = await Promise.race([once(this.#child, 'message'), this.#ended]);
    return sample ?? {};
  }

  end(): void {
    this.#child.kill();
  }
}

/** In a variant's process: runs a round whenever it is asked for. */
export function serve(round: () => Promise<Sample>): void {
  process.on('message', () => void round().then((sample) => process.send?.(sample)));
}
