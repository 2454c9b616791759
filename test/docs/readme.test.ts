import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SECTIONS, withSections } from '../../docs/reference.ts';

const readme = readFileSync('README.md', 'utf8');

test("the README's tables are those of the code", () => {
  assert.equal(readme, withSections(readme), 'run npm run docs and commit the README');
});

test('every table that is made stands in the README', () => {
  for (const name of Object.keys(SECTIONS)) assert.ok(readme.includes(`<!-- made:${name} -->`), name);
});

test('every file the documents link to exists', () => {
  for (const document of ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md']) {
    for (const [, target] of readFileSync(document, 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      assert.ok(existsSync(target ?? ''), `${document} links to ${target}`);
    }
  }
});
