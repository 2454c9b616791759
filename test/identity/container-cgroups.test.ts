import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { containerCgroups } from '../../src/identity/container-cgroups.ts';

const [DOCKER = '', PODMAN = '', INNER = ''] = ['d', 'b', 'e'].map((digit) => digit.repeat(64));
const ECS = `${'0123456789abcdef'.repeat(2)}-1234567890`;

function folderWith(...paths: readonly string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'tcpaccept-cgroups-'));
  for (const path of paths) mkdirSync(join(root, path), { recursive: true });
  return root;
}

test('of each container the topmost directories, whatever the runtime, and nothing else', (t) => {
  const root = folderWith(
    `system.slice/docker-${DOCKER}.scope/init.scope/deeper`,
    `machine.slice/libpod-conmon-${PODMAN}.scope`,
    `machine.slice/libpod-${PODMAN}.scope/container`,
    `machine.slice/libpod-payload-${PODMAN}`,
    `ecs/${'0'.repeat(32)}/${ECS}`,
    'system.slice/ssh.service',
  );
  t.after(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, INNER), '');
  symlinkSync(join(root, 'system.slice'), join(root, `docker-${INNER}.scope`));
  assert.deepEqual(
    Object.fromEntries([...containerCgroups(root)].map(([id, directories]) => [id, [...directories].sort()])),
    {
      [DOCKER]: [join(root, `system.slice/docker-${DOCKER}.scope`)],
      [PODMAN]: [
        join(root, `machine.slice/libpod-${PODMAN}.scope`),
        join(root, `machine.slice/libpod-payload-${PODMAN}`),
      ],
      [ECS]: [join(root, `ecs/${'0'.repeat(32)}/${ECS}`)],
    },
  );
});

test('a container in a container has a directory of its own', (t) => {
  const outer = `docker/${DOCKER}`;
  const root = folderWith(`${outer}/docker/${INNER}/init`);
  t.after(() => rmSync(root, { recursive: true }));
  assert.deepEqual(
    containerCgroups(root),
    new Map([
      [DOCKER, [join(root, outer)]],
      [INNER, [join(root, outer, 'docker', INNER)]],
    ]),
  );
});

test('what is not there holds no containers', () => {
  assert.equal(containerCgroups('/nonexistent').size, 0);
});
