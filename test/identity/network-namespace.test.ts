import assert from 'node:assert/strict';
import { readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { networkNamespaceOf } from '../../src/identity/network-namespace.ts';

test('the inode number of a network namespace is what its link says', () => {
  assert.equal(`net:[${networkNamespaceOf('/proc/self/ns/net')}]`, readlinkSync('/proc/self/ns/net'));
});

test('another file is none, and one that cannot be opened says why', () => {
  for (const path of ['/proc/self/ns/mnt', '/proc/self/status', '/', '/dev/null']) {
    assert.equal(networkNamespaceOf(path), undefined, path);
  }
  assert.throws(() => networkNamespaceOf('/nonexistent'), { code: 'ENOENT' });
});
