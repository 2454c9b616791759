/**
 * Runs inside a guest: tests of the kernel tier, under each hook or once.
 *
 * Usage: kernel-tests-in-guest.ts RESULT_FILE NAME[,NAME...] [NAME[,NAME...]]: with each hook, and once. Needs root.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { HOOKS, type Hook } from '../../src/kernel/binding.ts';
import { runFiles } from '../runner/run-files.ts';

/** How one test went; `error` is empty when it passed. */
export interface GuestTest {
  readonly hook: Hook;
  readonly name: string;
  readonly error: string;
}

/** For one file, which takes half a minute at most on an idle host. */
const FILE_MILLIS = 160_000;

const [resultFile = '/dev/stdout', withEachHook = '', once = ''] = process.argv.slice(2);
const results: GuestTest[] = [];
for (const hook of HOOKS) {
  process.env['TEST_HOOK'] = hook;
  const names = [withEachHook, hook === 'syscall' ? once : ''].flatMap((list) => list.split(',').filter(Boolean));
  const files = names.map((name) => fileURLToPath(new URL(`../kernel/${name}.test.ts`, import.meta.url)));
  const stream = runFiles(files, { concurrency: 1, limitMillis: FILE_MILLIS });
  // What is printed last is what a guest that is not done in time was at.
  stream.on('test:dequeue', ({ name }) => process.stdout.write(`${hook}: ${name}\n`));
  stream.on('test:pass', ({ name, details }) => {
    if (details.type !== 'suite') results.push({ hook, name, error: '' });
  });
  stream.on('test:fail', ({ name, details }) => {
    const { cause } = details.error;
    results.push({ hook, name, error: cause instanceof Error ? `${cause.stack}` : `${details.error.message}` });
  });
  await stream.resume().toArray();
}
writeFileSync(resultFile, JSON.stringify(results));
process.exit(0);
