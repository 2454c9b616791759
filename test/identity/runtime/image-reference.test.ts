import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageOf } from '../../../src/identity/runtime/image-reference.ts';

const HEX = '0123456789abcdef'.repeat(4);
const ID = `sha256:${HEX}`;
const DIGEST = `@sha256:${'f'.repeat(64)}`;

/** A reference, and the name and tags it has. */
const CASES: readonly (readonly [string | undefined, string | undefined, readonly string[] | undefined])[] = [
  ['nginx:1.27', 'nginx', ['1.27']],
  ['nginx', 'nginx', ['latest']],
  ['docker.io/library/nginx:1.27', 'docker.io/library/nginx', ['1.27']],
  ['registry.test:5000/shop/web', 'registry.test:5000/shop/web', ['latest']],
  ['registry.test:5000/shop/web:1.4', 'registry.test:5000/shop/web', ['1.4']],
  [`registry.test:5000/shop/web:1.4${DIGEST}`, 'registry.test:5000/shop/web', ['1.4']],
  [`nginx${DIGEST}`, 'nginx', undefined],
  // Run by its id, or the beginning of it: that is no name.
  [ID, undefined, undefined],
  [HEX, undefined, undefined],
  [HEX.slice(0, 12), undefined, undefined],
  // Another image may be called by hex digits.
  ['feedfacecafe', 'feedfacecafe', ['latest']],
  [undefined, undefined, undefined],
  [':', undefined, undefined],
];

for (const [reference, imageName, imageTags] of CASES) {
  test(`the image ${reference}`, () => {
    assert.deepEqual(imageOf(reference, ID), { imageName, imageTags, imageId: ID });
  });
}
