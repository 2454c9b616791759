import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionEnd, EndBatch } from '../../src/kernel/connection-end.ts';
import { END_BYTES, END_OFFSET } from '../../src/kernel/end-layout.ts';
import { EndReader } from '../../src/kernel/end-reader.ts';
import { OFFSET } from '../../src/kernel/record-layout.ts';

/** A ring of so many ends, numbered by the ports of their clients, and so many accepts that were not read. */
function make(state: { ends: number; waiting: number }) {
  const ports: number[] = [];
  const ends: ConnectionEnd[] = [];
  let next = 1;
  const reader = new EndReader({
    native: { readClock: (into) => into.fill(0n) },
    session: {
      drainEnds: (into) => {
        const count = Math.min(state.ends, into.length / END_BYTES);
        const data = new DataView(into.buffer, into.byteOffset);
        for (let i = 0; i < count; i++) data.setUint16(i * END_BYTES + OFFSET.peer_port, next++, true);
        data.setUint32(END_OFFSET.rtt_us, 0xffff_ffff, true);
        state.ends -= count;
        return count;
      },
    },
    waitingAccepts: () => state.waiting,
    onEnds: (batch: EndBatch) => {
      ports.push(...batch.accepts.connections.map(({ peerPort }) => peerPort));
      ends.push(...batch.ends);
    },
  });
  return { reader, ports, ends };
}

test('ends come after the accepts that stood in their ring before them, and not after later ones', () => {
  const state = { ends: 2, waiting: 3 };
  const { reader, ports } = make(state);
  assert.equal(reader.look(10), true, 'accepts 11 to 13 come first');
  state.waiting = 100;
  assert.equal(reader.look(12), true);
  assert.deepEqual(ports, []);
  assert.equal(reader.look(13), false);
  assert.deepEqual(ports, [1, 2]);
});

test('more ends than one look takes: it says so, and leaves none', () => {
  const { reader, ports, ends } = make({ ends: 300, waiting: 0 });
  let looks = 1;
  while (reader.look(0)) looks++;
  assert.equal(looks, 3);
  assert.deepEqual(
    ports,
    Array.from({ length: 300 }, (_, i) => i + 1),
  );
  assert.equal(ends[0]?.rttUs, undefined, 'what the kernel could not tell');
  assert.equal(reader.look(0), false);
});
