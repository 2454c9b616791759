import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { RECORD_BYTES } from '../../src/kernel/record-layout.ts';
import type { LedgerCounts } from '../../src/ledger.ts';
import { EVENTS } from '../../src/record/events.ts';
import type { LossCause } from '../../src/record/loss-record.ts';
import { readLedger } from '../collector/ledger-line.ts';
import { TracerCommand } from '../collector/tracer-command.ts';
import { buildWorkload, Workload } from '../workload/workload.ts';
import { HOOK } from './hook.ts';
import { Server } from './server.ts';

const RING_BYTES = 4096;
/** Each has a header of 8 bytes. */
const RING_RECORDS = Math.floor(RING_BYTES / (RECORD_BYTES + 8));
const BURST = 300;
/** Of a return probe, KRETPROBE_MAXACTIVE_MAX. */
const PROBE_INSTANCES = 4096;

interface Run {
  readonly ledger: LedgerCounts;
  /** What the events of lost records tell, by cause. */
  readonly told: ReadonlyMap<LossCause, number>;
  /** Ports of the clients that were reported. */
  readonly reported: ReadonlySet<unknown>;
}

/** The command over `act`, which is given the tracer; what it printed must hold together. */
async function runOver(args: readonly string[], act: (tracer: TracerCommand) => Promise<void>): Promise<Run> {
  await using tracer = await TracerCommand.tracing(['--hook', HOOK, '--output', 'ndjson', ...args]);
  await act(tracer);
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  const told = new Map<LossCause, number>();
  for (const row of tracer.rows) {
    if (row['event_name'] !== EVENTS.lost.name) continue;
    const cause = row['tcpaccept.loss.cause'] as LossCause;
    told.set(cause, (told.get(cause) ?? 0) + Number(row['tcpaccept.loss.count']));
  }
  return { ledger: readLedger(stderr), told, reported: new Set(tracer.rows.map((row) => row['network.peer.port'])) };
}

before(buildWorkload);

test('a burst into a ring of 4 KiB: what had no room is counted to the unit, and told of', async () => {
  await using server = await Server.start();
  await using client = await Server.start();
  const { listener, port } = await server.listen('inet', '127.0.0.1');
  const { ledger, told } = await runOver(
    ['-P', `${port}`, '--mode', 'events', '--ring-bytes', `${RING_BYTES}`],
    async (tracer) => {
      // A tracer that does not run reads nothing.
      tracer.signal('SIGSTOP');
      const serving = server.begin('serve', { listener, count: BURST, thread: 'burst' });
      // Each connection until it was accepted: what finds no place in the accept queue would never be.
      await client.run('connect', { family: 'inet', address: '127.0.0.1', ports: [port], count: BURST, awaits: true });
      await serving.done;
      tracer.signal('SIGCONT');
    },
  );
  const { submitted, ring_full, printed } = ledger;
  assert.deepEqual(
    { submitted, ring_full, printed },
    { submitted: RING_RECORDS, ring_full: BURST - RING_RECORDS, printed: RING_RECORDS },
  );
  assert.equal(told.get('ring_full'), BURST - RING_RECORDS);
});

if (HOOK === 'syscall') {
  test('sockets that cannot be reached are counted as unreadable, and told of', async () => {
    const { ledger, told } = await runOver([], async () => {
      using workload = await Workload.start('io_uring_direct');
      await workload.run();
    });
    assert.ok(ledger.unreadable >= 24, `${ledger.unreadable} unreadable`);
    assert.equal(told.get('unreadable'), ledger.unreadable);
  });
}

if (HOOK === 'kretprobe') {
  test('accepts beyond the instances of a return probe are counted as missed to the unit, and told of', async () => {
    let made = 0;
    let ports: number[] = [];
    const { ledger, told, reported } = await runOver([], async () => {
      using workload = await Workload.start('crowd');
      ports = (await workload.run()).accepted.map(({ peerPort }) => peerPort);
      made = ports.length;
    });
    const seen = ports.filter((port) => reported.has(port)).length;
    assert.deepEqual({ seen, missed: ledger.missed }, { seen: PROBE_INSTANCES, missed: made - PROBE_INSTANCES });
    assert.equal(told.get('missed'), ledger.missed);
  });
}
