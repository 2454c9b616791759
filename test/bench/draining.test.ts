import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draining } from '../../bench/draining.ts';

/** Of one core. */
const MOST_IDLE_PERCENT = 0.2;

test('an idle command takes next to no CPU, and prints an accept sooner than a busy one looks', async () => {
  const { printing, idleExportingCpuPercent } = await draining({ rates: [0, 5, 2000], rounds: 3, seconds: 2 });
  const [idle, few, many] = printing;
  assert.ok(idle && few && many);
  assert.ok(idle.cpuPercent.min <= MOST_IDLE_PERCENT, `${idle.cpuPercent.min} % of a core`);
  assert.ok(idleExportingCpuPercent.min <= MOST_IDLE_PERCENT, `${idleExportingCpuPercent.min} %, exporting`);
  assert.ok(few.latencyMillis.median < many.latencyMillis.median);
  assert.ok(many.linesAtOnce > few.linesAtOnce);
});
