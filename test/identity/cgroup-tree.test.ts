import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CgroupTree } from '../../src/identity/cgroup-tree.ts';

test('an id is found by its inode, a new one at the next walk, a removed one until then', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'tcpaccept-cgroups-'));
  t.after(() => rmSync(root, { recursive: true }));
  let nowMillis = 0;
  const tree = new CgroupTree(root, () => nowMillis);
  const make = (path: string) => {
    mkdirSync(join(root, path), { recursive: true });
    return statSync(join(root, path)).ino;
  };
  const nginx = make('system.slice/nginx.service');
  assert.equal(tree.pathOf(nginx), '/system.slice/nginx.service');
  assert.equal(tree.pathOf(statSync(root).ino), '/');
  assert.equal(tree.pathOf(1), undefined);

  const docker = make('docker/abc');
  nowMillis = 999;
  assert.equal(tree.pathOf(docker), undefined, 'one walk a second');
  rmSync(join(root, 'system.slice'), { recursive: true });
  assert.equal(tree.pathOf(nginx), '/system.slice/nginx.service');
  nowMillis = 1000;
  assert.equal(tree.pathOf(docker), '/docker/abc');
  assert.equal(tree.pathOf(nginx), undefined);
});

test('without cgroup v2 nothing is found', () => {
  assert.equal(new CgroupTree('/nonexistent').pathOf(1), undefined);
});
