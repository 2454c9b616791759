/**
 * Runs inside a guest: tests of the kernel tier, under each hook or once.
 *
 * Usage: kernel-tests-in-guest.ts RESULT_FILE. Needs root.
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

/** What may differ between hooks: the listener's truth, losses, a full ring. */
const WITH_EACH_HOOK = ['accept-queue', 'losses', 'ring-full'];
/** What may differ between kernels only. */
const ONCE = ['listeners', 'pinned-maps'];

const results: GuestTest[] = [];
for (const hook of HOOKS) {
  process.env['TEST_HOOK'] = hook;
  const names = hook === 'syscall' ? [...WITH_EACH_HOOK, ...ONCE] : WITH_EACH_HOOK;
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
writeFileSync(process.argv[2] ?? '/dev/stdout', JSON.stringify(results));
process.exit(0);
