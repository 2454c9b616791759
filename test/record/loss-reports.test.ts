import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ledger, type LedgerCounts } from '../../src/ledger.ts';
import { LossReports } from '../../src/record/loss-reports.ts';

const STARTED_NS = 1_700_000_000_000_000_000n;
const SECOND_NS = 1_000_000_000n;

function countsOf(moved: Partial<LedgerCounts>): LedgerCounts {
  return { ...new Ledger().counts(), ...moved };
}

/** What is told at one look a second, without uids. */
function tell(...looks: Partial<LedgerCounts>[]) {
  const reports = new LossReports({ uidPrefix: 'boot-load-', startedUnixNs: STARTED_NS });
  return looks.map((moved, index) =>
    reports
      .since(countsOf(moved), STARTED_NS + SECOND_NS * BigInt(index + 1))
      .map(({ cause, count, intervalNs }) => [cause, count, Number(intervalNs / SECOND_NS)]),
  );
}

test('a loss is told of once, with the time since its cause was last told of', () => {
  assert.deepEqual(tell({}, { ring_full: 3 }, { ring_full: 3 }, { ring_full: 10, missed: 1, unreadable: 2 }), [
    [],
    [['ring_full', 3, 2]],
    [],
    [
      ['ring_full', 7, 2],
      ['unreadable', 2, 4],
      ['missed', 1, 4],
    ],
  ]);
});

test('what the export lost is told of in records, and in the accepts they stood for', () => {
  const reports = new LossReports({ uidPrefix: 'boot-load-', startedUnixNs: STARTED_NS });
  const looks = [
    { delivered: 1, rejected: 2, rejected_accepts: 1200, ring_full: 5 },
    { delivered: 2, rejected: 3, rejected_accepts: 1200, evicted: 1, evicted_accepts: 1 },
  ];
  assert.deepEqual(
    looks.map((moved) =>
      reports.since(countsOf({ ring_full: 5, ...moved }), STARTED_NS).map((r) => [r.cause, r.count, r.accepts]),
    ),
    [
      [
        ['ring_full', 5, 5],
        ['rejected', 2, 1200],
      ],
      [
        ['rejected', 1, 0],
        ['evicted', 1, 1],
      ],
    ],
  );
});

test('what is no loss is not told of', () => {
  const fine = { seen: 9, filtered: 4, self: 1, submitted: 4, drained: 4, delivered: 3, unexported: 1, unprinted: 4 };
  assert.deepEqual(tell(fine, { ...fine, delivered: 4 }), [[], []]);
});

test('losses of the export wait until something gets through, and a record of them that is lost makes no other', () => {
  const looks = [
    { dropped: 5 },
    { dropped: 6, rejected: 1 },
    { dropped: 6, rejected: 1, delivered: 100 },
    // The two records of the look before were rejected.
    { dropped: 6, rejected: 3, delivered: 100 },
    { dropped: 6, rejected: 3, delivered: 200 },
  ];
  assert.deepEqual(tell(...looks), [
    [],
    [],
    [
      ['rejected', 1, 3],
      ['dropped', 6, 3],
    ],
    [],
    [['rejected', 2, 2]],
  ]);
});

test('no two have the same uid', () => {
  const reports = new LossReports({ uidPrefix: 'boot-load-', startedUnixNs: STARTED_NS });
  const first = reports.since(countsOf({ ring_full: 1, missed: 1 }), STARTED_NS);
  const second = reports.since(countsOf({ ring_full: 2, missed: 1 }), STARTED_NS);
  assert.deepEqual(
    [...first, ...second].map(({ uid }) => uid),
    ['boot-load-lost-ring_full-0-1', 'boot-load-lost-missed-0-1', 'boot-load-lost-ring_full-1-2'],
  );
});

test('in a later run of a session a loss of the kernel is called by its place in all counts, one of the export by its run', () => {
  const countsBefore = { ring_full: 10 };
  const options = { uidPrefix: 'boot-load-', runUidPrefix: 'boot-run-', startedUnixNs: STARTED_NS, countsBefore };
  const reports = new LossReports(options);
  const losses = reports.since(countsOf({ ring_full: 2, dropped: 4, delivered: 1 }), STARTED_NS);
  assert.deepEqual(
    losses.map(({ uid, count }) => [uid, count]),
    [
      ['boot-load-lost-ring_full-10-12', 2],
      ['boot-run-lost-dropped-0-4', 4],
    ],
  );
});
