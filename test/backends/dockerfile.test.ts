import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const DOCKERFILE = fileURLToPath(new URL('../../Dockerfile', import.meta.url));
const FIND_HADOLINT = fileURLToPath(new URL('find-hadolint.sh', import.meta.url));

function run(program: string, args: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync(program, args, { input, encoding: 'utf8' });
  return { status, stdout, stderr };
}

const found = run(FIND_HADOLINT, []);
assert.equal(found.status, 0, found.stderr);
const hadolint = found.stdout.trim();

// Debian's own releases decide the versions of its packages; pinned, the build fails as soon as one is mended.
const LINT = ['--ignore', 'DL3008'];

test('hadolint has nothing to say of the Dockerfile', () => {
  assert.deepEqual(run(hadolint, [...LINT, DOCKERFILE]), { status: 0, stdout: '', stderr: '' });
});

test('hadolint finds what is wrong', () => {
  const { status, stdout } = run(hadolint, [...LINT, '-'], 'FROM debian:latest\nRUN cd /tmp && sudo true\n');
  assert.notEqual(status, 0);
  assert.match(stdout, /DL3007/);
});

test('the final image has no compiler: it installs libraries only, and every stage starts at a release', () => {
  const stages = readFileSync(DOCKERFILE, 'utf8')
    .split(/^(?=FROM )/m)
    .slice(1);
  for (const stage of stages) assert.match(stage, /^FROM debian:\d+-slim/);
  const [, packages = ''] =
    /apt-get install -y --no-install-recommends ([\w\d. -]+?) &&/.exec(stages.at(-1) ?? '') ?? [];
  assert.deepEqual(packages.split(' '), ['ca-certificates', 'libelf1', 'zlib1g']);
});
