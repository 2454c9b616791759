import { spawn } from 'node:child_process';
import { test } from 'node:test';

test('one that ends before its child', () => {
  spawn('sleep', ['30'], { stdio: 'inherit', detached: true });
  process.exit(0);
});
