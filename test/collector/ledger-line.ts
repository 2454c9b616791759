import assert from 'node:assert/strict';
import { EXPORT_FATES, LEDGER_IDENTITIES, LEDGER_NAMES, type LedgerCounts, type LedgerName } from '../../src/ledger.ts';

/** The counts of the one ledger line of a tracer's stderr; what it leaves out is 0. Fails when a sum does not hold. */
export function readLedger(stderr: string): LedgerCounts {
  const [ledger, ...more] = readLedgers(stderr);
  assert.ok(ledger && more.length === 0, `ledger lines in:\n${stderr}`);
  return ledger;
}

/** The counts of every ledger line, in order. Fails when a sum does not hold. */
export function readLedgers(stderr: string): LedgerCounts[] {
  return (stderr.match(/^otel-tcpaccept: ledger .*$/gm) ?? []).map(parseLedger);
}

function parseLedger(line: string): LedgerCounts {
  const counts = Object.fromEntries(LEDGER_NAMES.map((name) => [name, 0])) as Record<LedgerName, number>;
  for (const [, name = '', count] of line.matchAll(/(\w+)=(\d+)/g)) {
    assert.ok(LEDGER_NAMES.includes(name as LedgerName), `${name} is no name of the ledger`);
    counts[name as LedgerName] = Number(count);
  }
  assertIdentities(counts, line);
  return counts;
}

/** Fails when a sum does not hold, and shows `context`. */
export function assertIdentities(counts: LedgerCounts, context: string): void {
  const sum = (names: readonly LedgerName[]) => names.reduce((total, name) => total + counts[name], 0);
  for (const [left, right] of LEDGER_IDENTITIES) {
    assert.equal(sum(left), sum(right), `${left.join(' + ')} = ${right.join(' + ')} in: ${context}`);
  }
}

/** Of the whole host: accepts of other processes count here. */
const OF_OTHERS = ['seen', 'filtered', 'unreadable', 'missed', 'unstamped'] as const;

/**
 * Fails unless the counts are these and all others are 0, accepts lost as many as records lost where none are given; those that other processes' accepts move are not looked at.
 *
 * What others lost is told of in records, whose fate is one of those expected of the test's own.
 */
export function assertLedger(stderr: string, expected: Partial<LedgerCounts>): void {
  const counts = { ...readLedger(stderr) };
  const reports = counts.unreadable + counts.missed === 0 ? 0 : counts.reports - (expected.reports ?? 0);
  counts.reports -= reports;
  let left = reports;
  for (const fate of EXPORT_FATES) {
    const more = Math.max(0, Math.min(left, expected[fate] ? counts[fate] - expected[fate] : 0));
    counts[fate] -= more;
    left -= more;
  }
  assert.equal(left, 0, stderr);
  for (const name of OF_OTHERS) counts[name] = expected[name] ?? 0;
  const zeros = Object.fromEntries(LEDGER_NAMES.map((name) => [name, 0]));
  const { rejected = 0, dropped = 0, evicted = 0 } = expected;
  const accepts = { rejected_accepts: rejected, dropped_accepts: dropped, evicted_accepts: evicted };
  assert.deepEqual(counts, { ...zeros, ...accepts, ...expected });
}
