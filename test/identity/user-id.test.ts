import assert from 'node:assert/strict';
import { test } from 'node:test';
import { userIdOf } from '../../src/identity/user-id.ts';

test('a user has the id that id(1) gives, and who is nobody has none', async () => {
  assert.equal(await userIdOf('root'), 0);
  assert.equal(await userIdOf('no-such-user'), undefined);
  assert.equal(await userIdOf('-u'), undefined);
});

test('without id(1) it says so', async (t) => {
  const { PATH } = process.env;
  t.after(() => {
    process.env['PATH'] = PATH;
  });
  process.env['PATH'] = '/nonexistent';
  await assert.rejects(userIdOf('root'), { code: 'ENOENT' });
});
