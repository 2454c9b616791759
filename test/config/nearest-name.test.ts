import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearestName } from '../../src/config/nearest-name.ts';

test('a slip is found: one letter added, missing, wrong, or two swapped', () => {
  for (const slip of ['doctors', 'docor', 'dictor', 'dcotor'])
    assert.equal(nearestName(slip, ['trace', 'doctor']), 'doctor');
});

test('the nearest of several wins', () => {
  assert.equal(nearestName('PORTT', ['PROTO', 'PORT', 'PORTAL']), 'PORT');
});

test('at most three edits, and at most half of a short name', () => {
  assert.equal(nearestName('abcdefgh', ['abcdeXYZ']), 'abcdeXYZ');
  assert.equal(nearestName('abcdefgh', ['abcdWXYZ']), undefined);
  assert.equal(nearestName('ab', ['xy']), undefined);
  assert.equal(nearestName('', ['a']), undefined);
  assert.equal(nearestName('a', []), undefined);
});
