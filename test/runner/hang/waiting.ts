import { suite, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

suite('a suite', () => {
  test('one that ends');
  test('one that waits', () => pause(1_000_000));
});
