import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseProcStat } from '../../src/identity/proc-stat.ts';
import { bootNs } from './boot-clock.ts';
import { statText } from './fake-proc.ts';

test('start time is in nanoseconds of CLOCK_BOOTTIME', () => {
  assert.equal(parseProcStat(statText({ startTicks: 123_456 }))?.startBootNs, 1_234_560_000_000n);
});

test('our own start lies between boot and now', () => {
  const { startBootNs } = parseProcStat(readFileSync('/proc/self/stat', 'utf8')) ?? {};
  const runNs = BigInt(Math.round(process.uptime() * 1e9));
  assert.ok(startBootNs !== undefined && startBootNs <= bootNs() && startBootNs >= bootNs() - runNs - 5_000_000_000n);
});

test('a comm with spaces and parentheses moves no field', () => {
  const plain = parseProcStat(statText({ comm: 'a' }));
  const odd = parseProcStat(statText({ comm: 'a) S 1 (b' }));
  assert.equal(odd?.startBootNs, plain?.startBootNs);
  assert.notEqual(odd?.image, plain?.image);
});

test('another comm or another stack is another program', () => {
  const image = parseProcStat(statText({ comm: 'a', startStack: '140' }))?.image;
  assert.equal(parseProcStat(statText({ comm: 'a', startStack: '140' }))?.image, image);
  assert.notEqual(parseProcStat(statText({ comm: 'b', startStack: '140' }))?.image, image);
  assert.notEqual(parseProcStat(statText({ comm: 'a', startStack: '141' }))?.image, image);
});

for (const text of ['', '12', '12 (a) S 1', statText({}).replace(/\d/g, 'x')]) {
  test(`no stat: ${JSON.stringify(text.slice(0, 12))}`, () => assert.equal(parseProcStat(text), undefined));
}
