import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nginxUnderLoad } from '../../bench/nginx.ts';
import { nginxPaced } from '../../bench/nginx-paced.ts';
import { nginxParts } from '../../bench/nginx-parts.ts';

const WATCHED_BY = ['untraced', 'events', 'summary', 'filtered out', 'tcpdump of SYNs'];

test('nginx: whoever watches has shown every request, and its CPU is told', async (t) => {
  const { loads } = await nginxUnderLoad({ rounds: 1, warmUpSeconds: 1, seconds: 1 });
  t.diagnostic(JSON.stringify(loads));
  assert.deepEqual(
    loads.map(({ name }) => name),
    WATCHED_BY,
  );
  for (const { name, missing, requestsPerSecond, requestsRatio, servedMicros } of loads) {
    // tcpdump tells of what it lost, which the kernel's buffer decides.
    if (name !== 'tcpdump of SYNs') assert.equal(missing, 0, name);
    assert.ok(requestsPerSecond.min > 0 && requestsRatio.min > 0 && servedMicros.min > 0, name);
  }
  const [untraced, events] = loads;
  assert.equal(untraced?.watcherMicros.max, 0);
  assert.ok((events?.watcherMicros.min ?? 0) > 0);
});

test('nginx-parts: a row for each part, and a reader with nothing to read takes less than one with records', async (t) => {
  const { parts, rounds } = await nginxParts({ rounds: 2, warmups: 0, millis: 500 });
  t.diagnostic(JSON.stringify(parts));
  assert.equal(rounds, 2);
  assert.deepEqual(
    parts.map(({ name }) => name),
    ['untraced', 'empty, at accept alone', 'empty programs', 'filtered out', 'counted', 'recorded'],
  );
  for (const { name, servedMicros, requestsRatio } of parts) {
    assert.ok(servedMicros.min > 0 && requestsRatio.min > 0, name);
  }
  // Of a second, since others on this host may leave few requests in one.
  const [reading, idle] = ['recorded', 'empty programs'].map((wanted) => {
    const part = parts.find(({ name }) => name === wanted);
    return (part?.readerMicros.median ?? Number.NaN) * (part?.requestsPerSecond.median ?? Number.NaN);
  });
  assert.ok((reading ?? 0) > (idle ?? 0), `${reading} ${idle}`);
});

test('nginx-paced: every request that was due is answered or an error', async (t) => {
  const [rates, millis] = [[200, 400], 500];
  const { loads } = await nginxPaced({ rounds: 1, rates, warmUpMillis: millis, millis });
  t.diagnostic(JSON.stringify(loads));
  assert.deepEqual(
    loads.map(({ rate, name }) => [rate, name]),
    rates.flatMap((rate) => WATCHED_BY.map((name) => [rate, name])),
  );
  for (const { name, p50Micros, p99Micros, answered, errors, rate, missing } of loads) {
    assert.equal(answered + errors, (rate * millis) / 1000);
    assert.ok(p50Micros.min > 0 && p50Micros.max <= p99Micros.max, name);
    if (name !== 'tcpdump of SYNs') assert.equal(missing, 0, name);
  }
});
