import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { spec } from 'node:test/reporters';
import { type FileLimits, runFiles } from './run-files.ts';

export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** A tier is a set of test files that need the same real things. */
export interface Tier extends FileLimits {
  readonly files: string;
  readonly except?: readonly string[];
  /** Whether it runs in a network namespace of its own, from where nothing can be downloaded. */
  readonly ownNetwork?: true;
  /** Scripts below test/ that build or download what it needs, with their arguments, run before that. */
  readonly needs?: readonly (readonly [script: string, ...args: string[]])[];
}

const SLOWEST_SHOWN = 10;

const NEEDING_MORE = ['kernel', 'collector', 'backends', 'bench', 'vm', 'slow'].map((tier) => `test/${tier}/**`);

const COLLECTOR = ['collector/build.sh'] as const;
const BACKENDS = [
  ['backends/build.sh', 'loki'],
  ['backends/build.sh', 'jaeger'],
  ['backends/find-hadolint.sh'],
] as const;

/** One file at once where the kernel's counters are measured: such tests want the machine to themselves. */
export const TIERS: Readonly<Record<string, Tier>> = {
  unit: { files: 'test/**/*.test.ts', except: NEEDING_MORE, concurrency: 2, limitMillis: 600_000 },
  kernel: { files: 'test/kernel/**/*.test.ts', concurrency: 1, limitMillis: 300_000, ownNetwork: true },
  collector: {
    files: 'test/collector/**/*.test.ts',
    concurrency: 1,
    limitMillis: 1_200_000,
    ownNetwork: true,
    needs: [COLLECTOR],
  },
  backends: {
    files: 'test/backends/**/*.test.ts',
    concurrency: 1,
    limitMillis: 1_200_000,
    ownNetwork: true,
    needs: [COLLECTOR, ...BACKENDS],
  },
  bench: { files: 'test/bench/**/*.test.ts', concurrency: 1, limitMillis: 300_000 },
  vm: { files: 'test/vm/**/*.test.ts', concurrency: 1, limitMillis: 1_800_000 },
  slow: { files: 'test/slow/**/*.test.ts', concurrency: 1, limitMillis: 1_800_000 },
};

/** Tiers that run only when named: minutes, for what seldom breaks. */
export const ONLY_WHEN_NAMED: readonly string[] = ['slow'];

/** Runs one tier; a tier with no passed test has failed, whatever the reason. */
export async function runTier(name: string, tier: Tier): Promise<Tally> {
  const files = globSync(tier.files, { exclude: [...(tier.except ?? [])] }).sort();
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  process.stdout.write(`\n${name}: ${files.length} files\n`);

  const began = performance.now();
  const seconds: [file: string, seconds: number][] = [];
  const stream = runFiles(files, tier);
  stream.on('test:pass', ({ details, skip, todo }) => {
    if (details.type === 'suite') return;
    if (todo !== undefined) tally.failed++;
    else if (skip !== undefined) tally.skipped++;
    else tally.passed++;
  });
  stream.on('test:fail', ({ details }) => {
    if (details.type !== 'suite') tally.failed++;
  });
  stream.on('test:summary', ({ file, duration_ms }) => {
    if (file !== undefined) seconds.push([file, duration_ms / 1000]);
  });
  const report = stream.compose(new spec());
  report.pipe(process.stdout, { end: false });
  await new Promise((resolve, reject) => report.on('end', resolve).on('error', reject));

  const slowest = seconds.toSorted(([, a], [, b]) => b - a).slice(0, SLOWEST_SHOWN);
  const shown = slowest.map(([file, took]) => `${basename(file, '.test.ts')} ${took.toFixed(0)} s`).join(', ');
  process.stdout.write(`${name}: ${((performance.now() - began) / 1000).toFixed(0)} s; ${shown}\n`);

  if (tally.passed === 0) {
    process.stdout.write(`✖ ${name}: no test passed, so this tier shows nothing\n`);
    tally.failed++;
  }
  return tally;
}
