import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { UserNames } from '../../src/identity/user-names.ts';

test('names come from the file, and from what it has become 5 s later', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tcpaccept-passwd-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'passwd');
  let nowMillis = 0;
  const users = new UserNames(path, () => nowMillis);
  assert.equal(users.nameOf(0), undefined, 'there is no file');

  writeFileSync(path, 'root:x:0:0:root:/root:/bin/sh\nbroken\n+\n::5\nweb:x:33:33::/:\nalso-web:x:33:33::/:\n');
  assert.equal(users.nameOf(0), undefined);
  nowMillis = 5000;
  assert.deepEqual(
    [0, 33, 5, 7].map((id) => users.nameOf(id)),
    ['root', 'web', undefined, undefined],
  );

  writeFileSync(path, 'other:x:7:7::/:\n');
  utimesSync(path, 1, 1);
  nowMillis = 9999;
  assert.equal(users.nameOf(7), undefined);
  nowMillis = 10_000;
  assert.deepEqual(
    [7, 33].map((id) => users.nameOf(id)),
    ['other', undefined],
  );
});
