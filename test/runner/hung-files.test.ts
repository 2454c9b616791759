import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

const LIMIT_MILLIS = 8000;
const RUN = new URL('hang/run.ts', import.meta.url).pathname;

test('a file that never ends is ended, and what hung is said; one that ends is let alone', async () => {
  const files = ['blocked', 'open', 'waiting'].map((name) => new URL(`hang/${name}.ts`, import.meta.url).pathname);
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
  const args = [RUN, `${LIMIT_MILLIS}`, ...files, new URL('../random.ts', import.meta.url).pathname];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: 60_000 });
  const said = stdout.matchAll(/^✖ test\/(.*) has not ended after 8 s, (.*(\n {4}.*)*)$/gm);
  assert.deepEqual(
    Object.fromEntries([...said].map(([, file, what]) => [file, what?.replaceAll(/\d{2,} /g, 'PID ')])),
    {
      'runner/hang/blocked.ts': 'in "one that blocks the event loop"\n    it ran: PID sleep 1000',
      'runner/hang/open.ts': 'and no test is known to run',
      'runner/hang/waiting.ts': 'in "a suite" > "one that waits"',
    },
    stdout,
  );
});
