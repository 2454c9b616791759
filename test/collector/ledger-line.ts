import assert from 'node:assert/strict';
import { LEDGER_IDENTITIES, LEDGER_NAMES, type LedgerCounts, type LedgerName } from '../../src/ledger.ts';

/** The counts of the one ledger line of a tracer's stderr; what it leaves out is 0. Fails when a sum does not hold. */
export function readLedger(stderr: string): LedgerCounts {
  const lines = stderr.match(/^otel-tcpaccept: ledger .*$/gm) ?? [];
  assert.equal(lines.length, 1, `ledger lines in:\n${stderr}`);
  const counts = Object.fromEntries(LEDGER_NAMES.map((name) => [name, 0])) as Record<LedgerName, number>;
  for (const [, name = '', count] of (lines[0] ?? '').matchAll(/(\w+)=(\d+)/g)) {
    assert.ok(LEDGER_NAMES.includes(name as LedgerName), `${name} is no name of the ledger`);
    counts[name as LedgerName] = Number(count);
  }
  for (const [whole, parts] of LEDGER_IDENTITIES) {
    const sum = parts.reduce((total, name) => total + counts[name], 0);
    assert.equal(counts[whole], sum, `${whole} = ${parts.join(' + ')} in: ${lines[0]}`);
  }
  return counts;
}

/** Fails unless the counts are these and all others are 0; `seen` and `filtered` are the whole host's and not looked at. */
export function assertLedger(stderr: string, expected: Partial<LedgerCounts>): void {
  const { seen, filtered, ...counts } = readLedger(stderr);
  const zeros = Object.fromEntries(Object.keys(counts).map((name) => [name, 0]));
  assert.deepEqual(counts, { ...zeros, ...expected });
}
