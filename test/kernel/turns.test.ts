import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { AcceptTracer } from '../../src/kernel/accept-tracer.ts';
import type { NativeBinding } from '../../src/kernel/binding.ts';
import { RECORD_BYTES } from '../../src/kernel/record-layout.ts';

/** A kernel whose ring never empties, or has so many records at each look, which are a part of it. */
function endlessRing(records = Number.POSITIVE_INFINITY, fill = 0): NativeBinding {
  return {
    open: () => ({
      drain: (into) => Math.min(into.length / RECORD_BYTES, records),
      release: () => {},
      drainEnds: () => 0,
      origin: (into) => into.fill(0n),
      readNotes: (into) => into.fill(0n),
      writeNotes: () => {},
      counters: (into) => into.fill(0n),
      ringFill: () => fill,
      setOverloaded: () => {},
      openDoorbell: () => assert.fail('nothing to sleep for'),
      setReaderSleeps: () => {},
      turnSummaries: () => false,
      drainSummaries: () => 0,
      settleSummaries: () => {},
      endedSummaries: (into) => into.fill(0n),
      settle: () => true,
      hostPid: () => 0,
      verifiedInstructions: () => ({}),
      detach: () => {},
      close: () => {},
      abandon: () => {},
    }),
    programsVersion: () => '',
    pinnedSettings: () => '',
    unpin: () => ({ settings: '', links: 0, unreadRecords: 0 }),
    readClock: (into) => into.fill(0n),
    keepHeapSmall: () => {},
    unmapCodeOfStart: () => {},
    recordLayout: () => ({}),
    summaryLayout: () => ({}),
    endLayout: () => ({}),
    listenerLayout: () => ({}),
    AcceptEncoder: class {
      find(): never {
        throw new Error('nobody encodes here');
      }
      setPlan = this.find;
      mostBytes = this.find;
      clear = this.find;
      encode = this.find;
    },
    planSteps: () => [],
    Listeners: class {
      list(): never {
        throw new Error('nobody lists listeners here');
      }
      verifiedInstructions(): never {
        throw new Error('nobody lists listeners here');
      }
      close(): void {}
    },
  };
}

/** How many batches are handed over without the event loop having its turn, when each takes so long. */
async function batchesOfATurn(t: TestContext, batchMillis: number): Promise<{ batches: number; records: number }> {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  let batches = 0;
  let most = 0;
  let records = 0;
  const tracer = new AcceptTracer({ hook: 'syscall', ringBytes: 4096, self: 'none' }, endlessRing());
  tracer.run(({ count }) => {
    now += batchMillis;
    batches++;
    records = Math.max(records, count);
  });
  for (let turns = 0; turns < 50 || most === 0; turns++) {
    await turn();
    most = Math.max(most, batches);
    batches = 0;
  }
  tracer.close();
  return { batches: most, records };
}

test('a ring that never empties: the event loop has its turn after 5 ms of work and the batch it was at', async (t) => {
  assert.deepEqual(await batchesOfATurn(t, 1), { batches: 5, records: 128 });
});

test('batches that take long: one a turn', async (t) => {
  assert.equal((await batchesOfATurn(t, 100)).batches, 1);
});

test('the next look is soon while the ring fills fast, and later otherwise', (t) => {
  const pauses: number[] = [];
  t.mock.method(globalThis, 'setTimeout', (look: () => void, millis: number) => {
    pauses.push(millis);
    if (pauses.length === 1) look();
  });
  const pauseAfter = (records: number, fill: number) => {
    pauses.length = 0;
    const tracer = new AcceptTracer({ hook: 'syscall', ringBytes: 4096, self: 'none' }, endlessRing(records, fill));
    tracer.run(() => {});
    tracer.close();
    return pauses[1];
  };
  assert.equal(pauseAfter(100, 0.02), 5);
  assert.equal(pauseAfter(100, 0.01), 20);
  // What was handed over and is held takes room as well, and would ring.
  assert.equal(pauseAfter(0, 0.5), 20);
});
