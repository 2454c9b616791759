import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import type { Tally } from './tiers.ts';

const C_FILES = globSync(['native/*.{cc,h}', 'bpf/*.{c,h}', 'test/workload/*.{c,h}', 'bench/{accept-cost,nginx}/*.c']);

/** Each is one command that must exit 0: the formatters, the linter and the compiler. */
const CHECKS: readonly (readonly [string, ...string[]])[] = [
  ['node_modules/.bin/biome', 'ci', '--error-on-warnings', '.'],
  ['clang-format', '--dry-run', '--Werror', ...C_FILES],
  ['build/node', 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'],
];

export function runChecks(): Tally {
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  for (const [command, ...args] of CHECKS) {
    const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
    const passed = status === 0;
    tally[passed ? 'passed' : 'failed']++;
    process.stdout.write(`${passed ? '✔' : '✖'} ${command} ${args[0]}${error ? `: ${error.message}` : ''}\n`);
  }
  return tally;
}
