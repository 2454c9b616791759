import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

const LIMIT_MILLIS = 8000;
const RUN = new URL('hang/run.ts', import.meta.url).pathname;
const env = { ...process.env, NODE_TEST_CONTEXT: undefined };

const pathOf = (name: string) => new URL(`hang/${name}.ts`, import.meta.url).pathname;

test('a file that never ends is ended, and what hung is said; one that ends is let alone', async () => {
  const args = [
    RUN,
    `${LIMIT_MILLIS}`,
    ...['blocked', 'open', 'waiting'].map(pathOf),
    new URL('../random.ts', import.meta.url).pathname,
  ];
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

test('a file that has ended and whose output somebody holds ends the run', async () => {
  await assert.rejects(
    promisify(execFile)(process.execPath, [RUN, '3000', pathOf('orphan')], { env, timeout: 25_000 }),
    ({ code, stdout }: { code: unknown; stdout: string }) => {
      assert.equal(code, 1, stdout);
      assert.match(stdout, /✖ test\/runner\/hang\/orphan\.ts has not ended after 3 s, and no test is known to run$/m);
      assert.match(
        stdout,
        /✖ somebody still holds the output of test\/runner\/hang\/orphan\.ts: no more tests are run/,
      );
      return true;
    },
  );
});
