/** Makes docs/kernel-matrix.md anew, also where it gets worse: `npm run matrix`. Its difference is for the committer to read. */
import { spawnSync } from 'node:child_process';
import { commitTable, forgetColumns } from './matrix.ts';

const TESTS = ['test/kernel/matrix.test.ts', 'test/vm/matrix.test.ts', 'test/vm/oracles.test.ts'];

forgetColumns();
const args = ['--test', '--test-concurrency=1', '--test-reporter=dot', ...TESTS];
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
commitTable();
process.exit(status ?? 1);
