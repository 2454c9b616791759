import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { resolveFilters } from '../../src/cli/resolve-filters.ts';
import { type FlagTexts, readConfig } from '../../src/config.ts';
import { TcpAcceptError } from '../../src/errors.ts';
import { AcceptTracer } from '../../src/kernel/accept-tracer.ts';
import { FilterScene } from './filter-scene.ts';

let scene: FilterScene;

before(async () => {
  scene = await FilterScene.start();
});

after(async () => {
  await scene[Symbol.asyncDispose]();
});

const REFUSED: Readonly<Record<string, readonly [flags: () => FlagTexts, sentence: RegExp]>> = {
  'a user of no name here': [() => ({ users: '0,no-such-user' }), /^--uid: there is no user "no-such-user"/],
  'a path to no network namespace': [
    () => ({ networkNamespaces: '!/proc/self/ns/mnt' }),
    /^--netns: "\/proc\/self\/ns\/mnt" is not a network namespace/,
  ],
  'a path to nothing': [
    () => ({ networkNamespaces: '/run/netns/no\nsuch' }),
    /^--netns: "\/run\/netns\/no\\nsuch" cannot be opened \(ENOENT\)/,
  ],
  'a directory that is not a cgroup': [() => ({ cgroups: '/tmp' }), /^--cgroup: "\/tmp" is not a cgroup v2 directory/],
  'a file of a cgroup': [
    () => ({ cgroups: `${scene.cgroups.first}/cgroup.procs` }),
    /^--cgroup: ".*\/cgroup\.procs" is not a cgroup v2 directory/,
  ],
  'too many cgroups': [
    () => ({ cgroups: `${'/,!/,'.repeat(8)}${scene.cgroups.first}` }),
    /^--cgroup: 17 cgroup directories are too many; it takes 16/,
  ],
  'a container that does not run': [
    () => ({ containers: '0'.repeat(64) }),
    /^--container: no running container 0{64} has a cgroup below \//,
  ],
  'a start that two ids have': [
    () => ({ containers: scene.cgroups.containerId.slice(0, 12) }),
    /^--container: [0-9a-f]{12} begins the ids of several containers; give more of it$/,
  ],
};

for (const [name, [flags, sentence]] of Object.entries(REFUSED)) {
  test(`refused in one line: ${name}`, async () => {
    const other = name.includes('two ids') ? scene.cgroups.addContainerLikeTheFirst() : undefined;
    await assert.rejects(resolveFilters(readConfig(flags(), {}).config.filters), (thrown) => {
      assert.ok(thrown instanceof TcpAcceptError);
      assert.match(thrown.message, sentence);
      assert.doesNotMatch(thrown.message, /[\r\n]/);
      assert.deepEqual([thrown.code, thrown.exitCode], ['ERR_USAGE', 2]);
      return true;
    });
    other?.[Symbol.dispose]();
  });
}

test('a directory that is a cgroup no more when tracing begins is refused, and no other hook is tried', () => {
  const cgroupDirectories = { included: ['/tmp'], excluded: [] };
  assert.throws(() => new AcceptTracer({ hook: 'auto', ringBytes: 4096, self: 'none', cgroupDirectories }), {
    code: 'ERR_USAGE',
    message: '/tmp is not a cgroup v2 directory',
  });
});
