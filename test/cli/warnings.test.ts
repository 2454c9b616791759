import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Warnings } from '../../src/cli/warnings.ts';

const MINUTE_MILLIS = 60_000;

function make() {
  const lines: string[] = [];
  const clock = { now: 5000 };
  const { warn } = new Warnings(
    (line) => lines.push(line),
    () => clock.now,
  );
  return { lines, clock, warn };
}

test('a warning is one line that says whose it is', () => {
  const { lines, warn } = make();
  warn('queue', 'the queue is full');
  assert.deepEqual(lines, ['otel-tcpaccept: warning: the queue is full\n']);
});

test('a cause is quiet for a minute, whatever the text, and then says how often it was held back', () => {
  const { lines, clock, warn } = make();
  warn('queue', 'first');
  clock.now += MINUTE_MILLIS - 1;
  warn('queue', 'second');
  warn('queue', 'third');
  assert.equal(lines.length, 1);
  clock.now += 1;
  warn('queue', 'fourth');
  assert.deepEqual(lines.slice(1), ['otel-tcpaccept: warning: fourth (and 2 more like it)\n']);
  clock.now += MINUTE_MILLIS;
  warn('queue', 'fifth');
  assert.deepEqual(lines.slice(2), ['otel-tcpaccept: warning: fifth\n']);
});

test('causes do not silence each other', () => {
  const { lines, warn } = make();
  for (const cause of ['queue', 'endpoint', 'queue']) warn(cause, cause);
  assert.deepEqual(lines, ['otel-tcpaccept: warning: queue\n', 'otel-tcpaccept: warning: endpoint\n']);
});
