/**
 * Runs inside a guest: tests of the kernel tier, under each hook or once.
 *
 * Usage: kernel-tests-in-guest.ts RESULT_FILE NAME[,NAME...] [NAME[,NAME...]]: with each hook, and once. Needs root.
 */
import { writeFileSync } from 'node:fs';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';
import { HOOKS, type Hook } from '../../src/kernel/binding.ts';

/** How one test went; `error` is empty when it passed. */
export interface GuestTest {
  readonly hook: Hook;
  readonly name: string;
  readonly error: string;
}

const [resultFile = '/dev/stdout', withEachHook = '', once = ''] = process.argv.slice(2);
const results: GuestTest[] = [];
for (const hook of HOOKS) {
  process.env['TEST_HOOK'] = hook;
  const names = [withEachHook, hook === 'syscall' ? once : ''].flatMap((list) => list.split(',').filter(Boolean));
  const files = names.map((name) => fileURLToPath(new URL(`../kernel/${name}.test.ts`, import.meta.url)));
  const stream = run({ files, concurrency: 1 });
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
