import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

test('every package whose code is in the built command is named with its license', () => {
  const notices = readFileSync('dist/THIRD-PARTY-NOTICES.txt', 'utf8');
  const sources = globSync('dist/cli/*.map').flatMap(
    (map) => JSON.parse(readFileSync(map, 'utf8')).sources as string[],
  );
  const packages = new Set(sources.flatMap((source) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? []));
  assert.ok(packages.size > 10, `${packages.size} packages`);
  for (const name of [...packages, 'node-addon-api']) assert.match(notices, new RegExp(`^${name} [\\d.]+: \\S`, 'm'));
  assert.match(notices, /Apache License/);
  assert.match(notices, /^libbpf/m);
});
