import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';

/** Which rooms of src/ a room may import from; `types` only for their types. Data flows one way. */
const ROOMS: Readonly<Record<string, { values: readonly string[]; types?: readonly string[] }>> = {
  errors: { values: [] },
  ledger: { values: [] },
  config: { values: ['errors'], types: ['kernel', 'identity'] },
  kernel: { values: ['errors'] },
  identity: { values: ['errors'], types: ['kernel'] },
  record: { values: [], types: ['kernel', 'identity', 'ledger'] },
  export: { values: ['record', 'errors', 'ledger', 'version'], types: ['kernel'] },
  output: { values: ['record', 'ledger'], types: ['kernel'] },
  version: { values: [] },
  index: { values: ['instrumentation', 'kernel', 'record', 'errors', 'ledger'] },
  register: { values: ['instrumentation', 'config', 'errors', 'version'] },
  instrumentation: { values: ['kernel', 'identity', 'record', 'export', 'errors', 'ledger', 'config', 'version'] },
  cli: { values: ['kernel', 'identity', 'record', 'export', 'output', 'errors', 'ledger', 'config', 'version'] },
};

function roomOf(path: string): string {
  return (path.split('/')[1] ?? '').replace(/\.ts$/, '');
}

for (const file of globSync('src/**/*.ts')) {
  const room = roomOf(file);
  test(`${file} imports only what the room ${room} may`, () => {
    const allowed = ROOMS[room];
    assert.ok(allowed, `${room} is not a room of src/: add it to the table here and to the design`);
    for (const [, types, specifier] of readFileSync(file, 'utf8').matchAll(
      /^(?:import|export)\s+(type\s)?[^'"]*?from\s+'(\.[^']+)'/gm,
    )) {
      const target = roomOf(relative('.', join(dirname(file), specifier ?? '')));
      const may = target === room || allowed.values.includes(target) || (types && allowed.types?.includes(target));
      assert.ok(may, `${room} must not import ${types ? 'types' : 'values'} of ${target} (${specifier})`);
    }
  });
}
