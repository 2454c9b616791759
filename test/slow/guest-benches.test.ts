import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nginxInGuest } from '../../bench/nginx-tracers.ts';
import { tracersInGuest, tracersTable } from '../../bench/tracers.ts';
import { HOOKS } from '../../src/kernel/binding.ts';

test('tracers: a row for each of our hooks, with the accepts of a guest in it', async () => {
  const results = await tracersInGuest({ rounds: 1, calls: 200, tools: [] });
  const { columns, rows } = tracersTable(results);
  const names = rows.map(([name]) => name);
  for (const name of ['untraced', ...HOOKS]) assert.ok(names.includes(name), `${name} of ${names}`);
  for (const row of rows) assert.equal(row.length, columns.length);
  for (const { name, callNs } of [...results.accepts, ...results.getpid]) assert.ok(callNs.min > 0, name);
});

test('nginx-tracers: each of our hooks has shown every request, and another tool has a row', async (t) => {
  const { loads } = await nginxInGuest({ rounds: 1, seconds: 1, tools: ['tcptracer'] });
  t.diagnostic(JSON.stringify(loads));
  assert.deepEqual(
    loads.map(({ name }) => name),
    ['untraced', ...HOOKS, 'libbpf-tools tcptracer'],
  );
  for (const { name, missing, requestsPerSecond, watcherMicros } of loads) {
    assert.ok(requestsPerSecond.min > 0, name);
    if (name !== 'untraced') assert.ok(watcherMicros.min > 0, name);
    if (HOOKS.some((hook) => hook === name)) assert.equal(missing, 0, name);
  }
});
