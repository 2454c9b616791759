import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Ledger } from '../../src/ledger.ts';
import { ndjsonLine } from '../../src/output/ndjson.ts';
import { Printer, type PrinterSettings } from '../../src/output/printer.ts';
import { tableHeader } from '../../src/output/table.ts';
import type { RecordBatch } from '../../src/record/accept-record.ts';
import { exampleSummary } from '../record/example-summary.ts';
import { batchOf } from '../record/record-batch.ts';
import { exampleRecord } from './example-record.ts';

const TABLE = { format: 'table', time: false, timestamp: false } as const;
const HEADER = `${tableHeader(TABLE)}\n`;
const LONG_MILLIS = 10_000;

/** A reader that takes a write only when told to. */
class SlowReader extends Writable {
  readonly chunks: string[] = [];
  #taken: ((error?: Error | null) => void) | undefined;

  override _write(chunk: Buffer, _encoding: BufferEncoding, taken: (error?: Error | null) => void): void {
    this.chunks.push(chunk.toString());
    this.#taken = taken;
  }

  /** Takes, or fails, the write that waits; the printer hears of it in the next turn. */
  async take(error?: Error): Promise<void> {
    const taken = this.#taken;
    assert.ok(taken, 'no write waits');
    this.#taken = undefined;
    taken(error);
    await turn();
  }
}

/** A reader that takes everything at once. */
class Reader extends Writable {
  readonly chunks: string[] = [];

  override _write(chunk: Buffer, _encoding: BufferEncoding, taken: () => void): void {
    this.chunks.push(chunk.toString());
    taken();
  }
}

function records(count: number, firstPort = 1): RecordBatch {
  return batchOf(Array.from({ length: count }, (_, i) => exampleRecord({ peerPort: firstPort + i })));
}

function make<Out extends Writable>(out: Out, settings: Partial<PrinterSettings> = {}) {
  const ledger = new Ledger();
  const events: string[] = [];
  const printer = new Printer(out, ledger, {
    ...TABLE,
    onWarning: (warning) => events.push(warning),
    onClosed: (error) => events.push(`closed ${error?.code}`),
    onLimit: () => events.push('limit'),
    ...settings,
  });
  const counts = () => ({ printed: ledger.get('printed'), unprinted: ledger.get('unprinted') });
  const printing = () => ledger.get('printing');
  return { out, printer, counts, printing, events };
}

function broken(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}

test('the header at start, then one write a batch; printed once the reader has taken it', async () => {
  const { out, printer, counts, printing, events } = make(new SlowReader());
  printer.start();
  printer.accept(records(3));
  assert.deepEqual(out.chunks, [HEADER], 'the header does not wait for a row');
  await out.take();
  const rows = out.chunks[1]?.split('\n') ?? [];
  assert.deepEqual(
    rows.map((row) => row.slice(41, 46)),
    ['1    ', '2    ', '3    ', ''],
  );
  assert.deepEqual(counts(), { printed: 0, unprinted: 0 }, 'in flight is neither');
  assert.equal(printing(), 3);
  await out.take();
  assert.equal(printing(), 0);
  assert.deepEqual(counts(), { printed: 3, unprinted: 0 });
  assert.deepEqual(events, []);
});

test('ndjson: no header, one line a record', async () => {
  const { out, printer, counts } = make(new Reader(), { format: 'ndjson' });
  printer.start();
  const batch = records(2);
  printer.accept(batch);
  assert.equal(await printer.flush(LONG_MILLIS), true);
  assert.deepEqual(out.chunks, [`${batch.records.map((record) => ndjsonLine('accepted', record)).join('\n')}\n`]);
  assert.deepEqual(counts(), { printed: 2, unprinted: 0 });
});

test('none: nothing is written, everything is unprinted, and the limit counts records', async () => {
  const { out, printer, counts, events } = make(new Reader(), { format: 'none', limit: 3 });
  printer.start();
  printer.accept(records(2));
  assert.deepEqual(events, []);
  printer.accept(records(2));
  printer.accept(records(1));
  assert.equal(await printer.flush(LONG_MILLIS), true);
  assert.deepEqual(out.chunks, []);
  assert.deepEqual(counts(), { printed: 0, unprinted: 5 });
  assert.deepEqual(events, ['limit']);
  assert.equal(out.listenerCount('error'), 0, 'a stream that is not used is left alone');
});

test('an empty batch writes nothing', () => {
  const { out, printer } = make(new Reader(), { limit: 1 });
  printer.accept(batchOf([]));
  assert.deepEqual(out.chunks, []);
});

test('exactly as many rows as the limit, and it is said once', async () => {
  const { out, printer, counts, events } = make(new Reader(), { limit: 5 });
  printer.accept(records(3));
  assert.deepEqual(events, []);
  printer.accept(records(4, 4));
  assert.deepEqual(events, ['limit']);
  printer.accept(records(2));
  await printer.flush(LONG_MILLIS);
  assert.equal(out.chunks.join('').split('\n').length - 1, 5);
  assert.deepEqual(counts(), { printed: 5, unprinted: 4 });
  assert.deepEqual(events, ['limit']);
});

test('a slow reader costs rows, never memory; each batch let go of is said and counted, and does not use the limit', async () => {
  const { out, printer, counts, events } = make(new SlowReader(), { maxPendingBytes: 100, limit: 3 });
  printer.accept(records(2));
  assert.ok(out.writableLength > 100);
  printer.accept(records(7));
  assert.deepEqual(counts(), { printed: 0, unprinted: 7 });
  assert.deepEqual(events, ['7 rows were not printed: what reads stdout is too slow']);
  await out.take();
  printer.accept(records(2, 50));
  await out.take();
  assert.deepEqual(counts(), { printed: 3, unprinted: 8 });
  assert.deepEqual(events.slice(1), ['limit']);
  assert.equal(out.chunks.length, 2);
});

test('seconds count from the first row that was printed', async () => {
  const { out, printer } = make(new SlowReader(), { timestamp: true, maxPendingBytes: 0 });
  printer.start();
  printer.accept(batchOf([exampleRecord({ acceptedBootNs: 1_000_000_000n })]));
  await out.take();
  printer.accept(batchOf([exampleRecord({ acceptedBootNs: 9_000_000_000n })]));
  assert.equal(out.chunks[1]?.slice(0, 9), '0.000    ');
});

test('a stream that fails: what waited and what comes is unprinted, and it is said once', async () => {
  const { out, printer, counts, events } = make(new SlowReader());
  printer.accept(records(2));
  printer.accept(records(3));
  await out.take(broken('EPIPE'));
  assert.equal(await printer.flush(LONG_MILLIS), true);
  printer.accept(records(4));
  assert.deepEqual(counts(), { printed: 0, unprinted: 9 });
  assert.deepEqual(events, ['closed EPIPE']);
  assert.equal(out.chunks.length, 1);
});

test('a stream closed without an error ends printing too', async () => {
  const { out, printer, counts, events } = make(new Reader());
  out.destroy();
  await once(out, 'close');
  printer.accept(records(1));
  assert.deepEqual(counts(), { printed: 0, unprinted: 1 });
  assert.deepEqual(events, ['closed undefined']);
});

test('flush waits for the reader, any number of times', async () => {
  const { out, printer, counts } = make(new SlowReader());
  for (let round = 1; round <= 2; round++) {
    printer.accept(records(1));
    const flushed = Promise.all([printer.flush(LONG_MILLIS), printer.flush(LONG_MILLIS)]);
    await turn();
    assert.equal(counts().printed, round - 1);
    await out.take();
    assert.deepEqual(await flushed, [true, true]);
    assert.deepEqual(counts(), { printed: round, unprinted: 0 });
  }
});

test('flush gives up at its deadline: what waits is unprinted for good, and nothing more is printed', async () => {
  const { out, printer, counts, printing, events } = make(new SlowReader());
  printer.accept(records(2));
  assert.equal(await printer.flush(1), false);
  assert.deepEqual([counts(), printing()], [{ printed: 0, unprinted: 2 }, 0]);
  printer.accept(records(1));
  await out.take();
  assert.deepEqual(counts(), { printed: 0, unprinted: 3 }, 'a row is counted once');
  assert.equal(printing(), 0);
  assert.deepEqual(events, []);
  assert.equal(out.chunks.length, 1);
});

test('stdout a pipe whose reader leaves: the process lives, and every row is printed or unprinted', {
  timeout: LONG_MILLIS,
}, async () => {
  const fixture = fileURLToPath(new URL('print-until-closed.ts', import.meta.url));
  const shell = spawn('sh', ['-c', '"$0" "$1" | head -n 1', process.execPath, fixture], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(shell.stdout), text(shell.stderr)]);
  assert.equal(stdout, HEADER);
  const { accepted, printed, unprinted, code } = JSON.parse(stderr);
  assert.equal(code, 'EPIPE');
  assert.equal(printed + unprinted, accepted);
  assert.ok(unprinted >= 1, 'the batch after the end is unprinted');
});

test('a pipe that nobody reads yet: memory is bounded, and what arrives is what is printed', {
  timeout: LONG_MILLIS,
}, async () => {
  const maxPendingBytes = 64 * 1024;
  const reader = spawn('sh', ['-c', 'read go <&3; exec wc -l'], { stdio: ['pipe', 'pipe', 'inherit', 'pipe'] });
  const go = reader.stdio[3];
  assert.ok(go instanceof Writable && reader.stdin && reader.stdout);
  const { printer, counts } = make(reader.stdin, { maxPendingBytes });
  const batchBytes = 100 * (HEADER.length + 1);
  let batches = 0;
  // However much the kernel's own buffer takes, it is full long before 10 MB.
  for (; counts().unprinted === 0; batches++) {
    assert.ok(batches < 1500);
    printer.accept(records(100));
    assert.ok(reader.stdin.writableLength <= maxPendingBytes + batchBytes);
    await turn();
  }
  go.end('go\n');
  assert.equal(await printer.flush(LONG_MILLIS), true);
  reader.stdin.end();
  assert.equal(Number(await text(reader.stdout)), counts().printed);
  assert.equal(counts().printed + counts().unprinted, batches * 100);
});

test('accepts told of without a row count towards the limit, once it is reached', async () => {
  const { printer, events, counts } = make(new Reader(), { limit: 10 });
  printer.accept(records(4));
  printer.countTowardsLimit(5);
  assert.deepEqual(events, []);
  printer.countTowardsLimit(100);
  printer.countTowardsLimit(100);
  assert.deepEqual(events, ['limit']);
  printer.accept(records(2));
  await printer.flush(LONG_MILLIS);
  assert.deepEqual(counts(), { printed: 4, unprinted: 2 });
});

test('of other events no line is made where the format has no place for them', () => {
  const unreadable = new Proxy(exampleSummary(), {
    get: () => assert.fail('a line is made of it'),
  });
  for (const format of ['table', 'none'] as const) {
    new Printer(new SlowReader(), new Ledger(), { ...TABLE, format }).report('summarized', [unreadable]);
  }
  const ndjson = new Printer(new SlowReader(), new Ledger(), { ...TABLE, format: 'ndjson' });
  assert.throws(() => ndjson.report('summarized', [unreadable]), /a line is made/);
});
