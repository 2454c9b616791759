import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findNewUser, giveUpRoot } from '../../src/cli/give-up-root.ts';
import { TcpAcceptError } from '../../src/errors.ts';
import { runCommand } from '../collector/tracer-command.ts';
import { assertDropped, assertOutcome, HELD_PERF_EVENTS, titleOf } from '../privileges/check-outcome.ts';
import { privilegeCases } from '../privileges/privilege-cases.ts';
import { runCase, runWithUser } from '../privileges/run-case.ts';

// The one hook that every host has; the others are run in guests (test/vm).
for (const isRestricted of [false, true]) {
  for (const one of privilegeCases('syscall', isRestricted)) {
    test(titleOf(one), async () => assertOutcome(one, await runCase(one)));
  }
}

test('--user nobody: no thread keeps a right, and everything goes on', async () => {
  assertDropped('syscall', await runWithUser('syscall', HELD_PERF_EVENTS.syscall));
});

for (const [user, sentence] of [
  ['nosuchuser', /^otel-tcpaccept: --user: there is no user "nosuchuser" on this host; .* \(ERR_USAGE\)\n$/],
  ['4000000000', /^otel-tcpaccept: --user: there is no user 4000000000 on this host; .* \(ERR_USAGE\)\n$/],
  ['root', /^otel-tcpaccept: --user: root is what it gives up; name another user \(ERR_USAGE\)\n$/],
  ['0', /^otel-tcpaccept: --user: root is what it gives up; name another user \(ERR_USAGE\)\n$/],
] as const) {
  test(`--user ${user} is refused, with 2`, async () => {
    const { code, stderr, stdout } = await runCommand(['--user', user]);
    assert.match(stderr, sentence);
    assert.deepEqual([code, stdout], [2, '']);
  });
}

test('a kernel that lets nobody read maps without CAP_BPF: the option is refused at the start, with 77', async () => {
  // Changing user to whom one is leaves this process as it was.
  const self = { name: 'self', userId: process.getuid?.() ?? 0, groupIds: process.getgroups?.() ?? [] };
  const refused = {
    counts: () => {
      throw new TcpAcceptError('ERR_BPF_PERMISSION', 'no', { errno: 1 });
    },
  };
  assert.throws(() => giveUpRoot(self, refused), { code: 'ERR_PRIVILEGE', exitCode: 77, message: /leave --user out/ });
});

test('a user is found by name and by id, with all its groups', async () => {
  const { userId, groupIds } = await findNewUser('nobody');
  assert.deepEqual([userId, groupIds], [65_534, [65_534]]);
  assert.deepEqual((await findNewUser(65_534)).groupIds, [65_534]);
});
