import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { DOCUMENTS, SECTIONS, withSections } from '../../docs/reference.ts';

const documents = DOCUMENTS.map((document) => readFileSync(document, 'utf8'));

test('the tables of the documents are those of the code', () => {
  for (const text of documents) assert.equal(text, withSections(text), 'run npm run docs and commit what it made');
});

test('every table that is made stands in one document', () => {
  for (const name of Object.keys(SECTIONS)) {
    assert.equal(documents.filter((text) => text.includes(`<!-- made:${name} -->`)).length, 1, name);
  }
});

test('every file the documents link to exists', () => {
  for (const document of ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md']) {
    for (const [, target] of readFileSync(document, 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      assert.ok(existsSync(target ?? ''), `${document} links to ${target}`);
    }
  }
});
