import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Bookkeeper } from '../../src/cli/bookkeeper.ts';
import type { KernelCounts } from '../../src/kernel/accept-tracer.ts';
import { NOTED, type NotedCounts, type ReaderNotes } from '../../src/kernel/reader-notes.ts';
import { Ledger } from '../../src/ledger.ts';
import type { LossRecord } from '../../src/record/loss-record.ts';

const NONE: KernelCounts = {
  seen: 0,
  filtered: 0,
  self: 0,
  aggregated: 0,
  ring_full: 0,
  unreadable: 0,
  submitted: 0,
  missed: 0,
  unstamped: 0,
  in_ring: 0,
  in_summaries: 0,
  connections: 0,
  connections_forgotten: 0,
  connections_closed_early: 0,
  connections_open: 0,
  ends_ring_full: 0,
  ends_submitted: 0,
  ends_in_ring: 0,
};

function noted(counts: Partial<NotedCounts>): NotedCounts {
  return { ...(Object.fromEntries(NOTED.map((name) => [name, 0])) as NotedCounts), ...counts };
}

/** What pins keep from one run to the next: the kernel's counts, and what readers noted. */
class Pins {
  readonly kernel = { ...NONE };
  notes: ReaderNotes = { told: noted({}), telling: noted({}), toldUnixNs: 0n };
}

/** A run whose kernel and export are the test's. */
class Run implements Disposable {
  readonly ledger = new Ledger();
  readonly told: string[] = [];
  readonly bookkeeper: Bookkeeper;

  constructor(pins: Pins, isPinned = true) {
    const { notes } = pins;
    const absolute = (counts: KernelCounts) =>
      Object.fromEntries(NOTED.map((name) => [name, notes.told[name] + counts[name]])) as NotedCounts;
    const tracer = {
      isPinned,
      counts: () => {
        const counts = { ...pins.kernel };
        for (const name of NOTED) counts[name] -= notes.told[name];
        return counts;
      },
      earlier: {
        notes,
        noteTelling: (counts: KernelCounts) => {
          pins.notes = { ...pins.notes, telling: absolute(counts) };
        },
        noteTold: (toldUnixNs: bigint) => {
          pins.notes = { ...pins.notes, told: pins.notes.telling, toldUnixNs };
        },
      },
    };
    const sinks = {
      report: (_kind: string, records: readonly object[]) => {
        this.ledger.add('reports', records.length);
        this.ledger.add('queued', records.length);
        this.told.push(...(records as readonly LossRecord[]).map(({ uid, count }) => `${uid} ${count}`));
      },
    };
    this.bookkeeper = new Bookkeeper({
      tracer,
      ledger: this.ledger,
      sinks,
      printer: { ledger: () => {} },
      uidPrefix: 'session-',
      runUidPrefix: 'run-',
      write: () => {},
    });
  }

  /** All that waits is delivered. */
  deliver(): void {
    const queued = this.ledger.get('queued');
    this.ledger.add('queued', -queued);
    this.ledger.add('delivered', queued);
  }

  [Symbol.dispose](): void {
    this.bookkeeper.close();
  }
}

mock.timers.enable({ apis: ['setInterval'] });

test('a loss that nobody told of is told of in the next run, with all that came since', () => {
  const pins = new Pins();
  new Run(pins);
  pins.kernel.ring_full = 5;
  const next = new Run(pins);
  pins.kernel.ring_full = 7;
  next.bookkeeper.reportLosses();
  assert.deepEqual(next.told, ['session-lost-ring_full-0-7 7']);
});

test('a loss that was told of but not delivered is told of again under the same name, what came since under another', () => {
  const pins = new Pins();
  const killed = new Run(pins);
  pins.kernel.ring_full = 5;
  killed.bookkeeper.reportLosses();
  pins.kernel.ring_full = 9;
  // Until it is known to be safe, no other may take its place in the notes.
  killed.bookkeeper.reportLosses();
  assert.deepEqual(killed.told, ['session-lost-ring_full-0-5 5']);

  const next = new Run(pins);
  assert.deepEqual(next.told, ['session-lost-ring_full-0-5 5']);
  next.deliver();
  next.bookkeeper.reportLosses();
  assert.deepEqual(next.told.slice(1), ['session-lost-ring_full-5-9 4']);
  assert.equal(next.ledger.get('ring_full'), 9);
});

test('a loss that was told of and delivered is not told of again, and is no other run’s', () => {
  const pins = new Pins();
  const killed = new Run(pins);
  pins.kernel.ring_full = 5;
  killed.bookkeeper.reportLosses();
  killed.deliver();
  killed.bookkeeper.reportLosses();
  pins.kernel.unreadable = 1;
  const next = new Run(pins);
  next.bookkeeper.reportLosses();
  assert.deepEqual(next.told, ['session-lost-unreadable-0-1 1']);
  assert.equal(next.ledger.get('ring_full'), 0);
  assert.ok(pins.notes.toldUnixNs > 0n);
});

test('what came after a loss may wait to be delivered: the loss is safe', () => {
  const pins = new Pins();
  const killed = new Run(pins);
  pins.kernel.ring_full = 5;
  killed.bookkeeper.reportLosses();
  killed.deliver();
  killed.ledger.add('drained', 10);
  killed.ledger.add('queued', 10);
  killed.bookkeeper.reportLosses();
  assert.equal(pins.notes.told.ring_full, 5);
});

test('accepts that were filtered are counted in one run only', () => {
  const pins = new Pins();
  const first = new Run(pins);
  Object.assign(pins.kernel, { filtered: 3, self: 1 });
  first.bookkeeper.reportLosses();
  Object.assign(pins.kernel, { filtered: 8 });
  const next = new Run(pins);
  next.bookkeeper.reportLosses();
  assert.deepEqual([next.ledger.get('filtered'), next.ledger.get('self'), next.ledger.get('seen')], [5, 0, 5]);
});

test('without pins every look tells of what is new, delivered or not', () => {
  const pins = new Pins();
  using run = new Run(pins, false);
  pins.kernel.ring_full = 1;
  run.bookkeeper.reportLosses();
  pins.kernel.ring_full = 2;
  run.bookkeeper.reportLosses();
  assert.deepEqual(run.told, ['session-lost-ring_full-0-1 1', 'session-lost-ring_full-1-2 1']);
  assert.deepEqual(pins.notes.telling, noted({}));
});
