import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { PATIENCE_MILLIS } from '../in-time.ts';
import { connectTo } from './client.ts';
import { type AcceptOutcome, type Listener, Server } from './server.ts';

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;
const TMUX = ['-L', `otel-tcpaccept-${process.pid}`];

/** Runs tmux, a server of our own. */
function tmux(...args: readonly string[]): string {
  return execFileSync('tmux', [...TMUX, ...args], { encoding: 'utf8' });
}

/** The screen once it shows this; fails with what it shows instead. */
async function screenWith(pattern: RegExp): Promise<string> {
  const deadline = performance.now() + PATIENCE_MILLIS;
  for (;;) {
    const screen = tmux('capture-pane', '-p');
    if (pattern.test(screen)) return screen;
    assert.ok(performance.now() < deadline, `no ${pattern} in:\n${screen}`);
    await pause(50);
  }
}

/** Types a command into a shell, which says what it ended with. */
function type(command: string): void {
  tmux('send-keys', '-l', `${command}; echo "ended with $?"`);
  tmux('send-keys', 'Enter');
}

before(() => {
  tmux('new-session', '-d', '-x', '132', '-y', '20', 'env PS1="shell> " sh');
});
after(() => tmux('kill-server'));

test('top shows a listener with its rate, queue, wait, peers and process, and gives the terminal back', async () => {
  await using server = await Server.start();
  const { listener, port }: Listener = await server.listen('inet', '127.0.0.1');
  await screenWith(/shell>/);
  type(`${process.execPath} ${MAIN} top -P ${port}`);
  await screenWith(new RegExp(`^ *${port} 127\\.0\\.0\\.1 +0 +0 +\\d+ +- +- +- - +python3\\[${server.pid}\\]`, 'm'));

  // Nobody accepts for longer than the screen takes to be drawn anew, twice.
  for (let i = 0; i < 3; i++) await connectTo(port, '127.0.0.1');
  await screenWith(new RegExp(`^ *${port} 127\\.0\\.0\\.1 +0 +3 +\\d+ `, 'm'));
  await pause(1200);
  await server.run<AcceptOutcome>('accept', { listener, count: 3 });
  const screen = await screenWith(new RegExp(`^ *${port} 127\\.0\\.0\\.1 +[1-9]`, 'm'));
  const [, queued, wait] =
    new RegExp(`^ *${port} 127\\.0\\.0\\.1 +[\\d.]+ +(\\d+) +\\d+ +\\S+ +([\\d.]+)s +1 127\\.0\\.0\\.1`, 'm').exec(
      screen,
    ) ?? [];
  assert.equal(queued, '0');
  assert.ok(Number(wait) >= 1.2, screen);

  tmux('send-keys', '/', 'z', 'z', 'z', 'Enter');
  await screenWith(/filter \(zzz\)/);
  assert.doesNotMatch(tmux('capture-pane', '-p'), new RegExp(`^ *${port} `, 'm'));
  tmux('send-keys', 'q');
  const restored = await screenWith(/ended with 0\n/);
  assert.doesNotMatch(restored, /otel-tcpaccept top -/);
  assert.equal(tmux('display-message', '-p', '#{alternate_on} #{cursor_flag}').trim(), '0 1');
});

test('a signal gives the terminal back too', async () => {
  tmux('send-keys', '-l', 'clear');
  tmux('send-keys', 'Enter');
  type(`${process.execPath} ${MAIN} top`);
  await screenWith(/otel-tcpaccept top -/);
  const shell = tmux('display-message', '-p', '#{pane_pid}').trim();
  process.kill(Number(readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8')), 'SIGTERM');
  await screenWith(/ended with 143\n/);
  assert.equal(tmux('display-message', '-p', '#{alternate_on} #{cursor_flag}').trim(), '0 1');
});
