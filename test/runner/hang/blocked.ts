import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

test('one that blocks the event loop', async () => {
  await pause(100);
  spawnSync('sleep', ['1000'], { stdio: 'inherit' });
});
