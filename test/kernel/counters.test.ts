import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AcceptTracer } from '../../src/kernel/accept-tracer.ts';
import type { NativeBinding } from '../../src/kernel/binding.ts';
import { CONNECTION_COUNTERS } from '../../src/kernel/end-layout.ts';
import { loadNative } from '../../src/kernel/native.ts';
import { KERNEL_COUNTERS } from '../../src/kernel/record-layout.ts';

const NAMES = [
  ...KERNEL_COUNTERS,
  ...['missed', 'unstamped', 'in_ring', 'in_summaries'],
  ...CONNECTION_COUNTERS,
  ...['connections_open', 'ends_in_ring'],
];

/** The real addon, but each counter holds its place, from 1. */
const numbering: NativeBinding = {
  ...loadNative(),
  open: (settings) =>
    Object.defineProperty(loadNative().open(settings), 'counters', {
      value: (into: BigUint64Array) => into.set(Array.from(into, (_, place) => BigInt(place + 1))),
    }),
};

test('the programs’ counters come first, then the accepts and the changes of state they missed, then what waits; then those of connections', () => {
  const tracer = new AcceptTracer({ hook: 'syscall', ringBytes: 4096, self: 'none' }, numbering);
  assert.deepEqual(tracer.counts(), Object.fromEntries(NAMES.map((name, place) => [name, place + 1])));
  tracer.close();
});

test('the addon refuses an array that does not hold all of them', () => {
  const { open } = loadNative();
  const tracer = new AcceptTracer(
    { hook: 'syscall', ringBytes: 4096, self: 'none' },
    {
      ...loadNative(),
      open: (settings) => {
        const session = open(settings);
        assert.throws(() => session.counters(new BigUint64Array(NAMES.length - 1)), RangeError);
        session.counters(new BigUint64Array(NAMES.length));
        return session;
      },
    },
  );
  tracer.close();
});
