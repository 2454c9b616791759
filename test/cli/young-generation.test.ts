import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { BUILT } from '../../bench/built-command.ts';

/**
 * V8 doubles the young generation whenever as much as it holds has survived since it last did, to 128 MiB in the end, however
 * slowly that comes about, and no flag that is set later keeps it from that.
 */
const LIMIT = '--max-semi-space-size=8';

test('however the command is started, its young generation is limited', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  assert.ok(scripts.start.includes(` ${LIMIT} `), scripts.start);
  assert.match(readFileSync('src/cli/main.ts', 'utf8'), new RegExp(`^#!/usr/bin/env -S node ${LIMIT}\n`));
  assert.ok(readFileSync('Dockerfile', 'utf8').includes(`ENTRYPOINT ["node", "${LIMIT}", `));
  assert.ok(BUILT.includes(LIMIT));
});
