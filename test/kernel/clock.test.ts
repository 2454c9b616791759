import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadNative } from '../../src/kernel/native.ts';
import { Server, type ServerFacts } from './server.ts';

/** NTP may slew the wall clock while the test runs. */
const SLEW_NS = 1_000_000n;

function readClock(): { bootToUnixNs: bigint; unixNs: bigint } {
  const into = new BigInt64Array(2);
  loadNative().readClock(into);
  const [bootToUnixNs = 0n, unixNs = 0n] = into;
  return { bootToUnixNs, unixNs };
}

test('the wall clock read is the one JavaScript has', () => {
  const before = BigInt(Date.now()) * 1_000_000n;
  const { unixNs } = readClock();
  assert.ok(before <= unixNs && unixNs <= BigInt(Date.now() + 1) * 1_000_000n);
});

test('boot time plus the offset is wall time, as another process measures both', async () => {
  await using server = await Server.start();
  // It reads the boot clock first and the wall clock last, so each pair bounds the offset from one side.
  const { now: first } = await server.run<ServerFacts>('describe');
  const { now: second } = await server.run<ServerFacts>('describe');
  const { bootToUnixNs } = readClock();
  const least = BigInt(first.unix) - BigInt(second.boot) - SLEW_NS;
  const most = BigInt(second.unix) - BigInt(second.boot) + SLEW_NS;
  assert.ok(least <= bootToUnixNs && bootToUnixNs <= most, `${least} <= ${bootToUnixNs} <= ${most}`);
});
