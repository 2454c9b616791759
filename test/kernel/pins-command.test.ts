import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RECORD_BYTES } from '../../src/kernel/record-layout.ts';
import { EVENTS } from '../../src/record/events.ts';
import { runCommand, TracerCommand } from '../collector/tracer-command.ts';
import { PinScene } from './pin-scene.ts';
import { type Listener, Server } from './server.ts';

/** What a ring of one page holds: records, each with a header of 8. */
const PAGE_RECORDS = Math.floor(4096 / (RECORD_BYTES + 8));

async function connect(server: Server, { listener, port }: Listener, count: number): Promise<void> {
  const serving = server.begin('serve', { listener, count, thread: 'serves' });
  await using client = await Server.start();
  await client.run('connect', { family: 'inet', address: '127.0.0.1', ports: [port], count });
  await serving.done;
}

/** Uid and count of what the ring had no room for; other losses are the whole host's. */
function losses(tracer: TracerCommand): (readonly [unknown, unknown])[] {
  return tracer.rows
    .filter((row) => row['event_name'] === EVENTS.lost.name && row['tcpaccept.loss.cause'] === 'ring_full')
    .map((row) => [row['log.record.uid'], row['tcpaccept.loss.count']]);
}

/** How many rows of accepts there are. */
function accepts(tracer: TracerCommand): number {
  return tracer.rows.filter((row) => row['event_name'] === EVENTS.accepted.name).length;
}

test('SIGTERM leaves it recording and says so; unpin ends it and says what it was', async () => {
  using scene = new PinScene();
  await using server = await Server.start();
  const listener = await server.listen('inet', '127.0.0.1');
  const args = ['--pin', scene.directory, '-P', `${listener.port}`, '--output', 'ndjson'];
  await using first = await TracerCommand.tracing(args);
  await connect(server, listener, 3);
  await first.until(() => accepts(first) === 3, 'they are printed');
  const ended = await first.stop();
  assert.equal(ended.code, 0);
  const [begun, ledger, still] = ended.stderr.split('\n');
  assert.match(begun ?? '', / pin=\S+ new$/);
  assert.match(ledger ?? '', /^otel-tcpaccept: ledger seen=\d+ .*submitted=3 .*drained=3 /);
  assert.equal(
    still,
    `otel-tcpaccept: accepts are still recorded in ${scene.directory}: start again with --pin to go on, or end it with otel-tcpaccept unpin ${scene.directory}`,
  );
  await connect(server, listener, 2);
  const unpinned = await runCommand(['unpin', scene.directory]);
  assert.deepEqual([unpinned.code, unpinned.stderr], [0, '']);
  assert.match(
    unpinned.stdout,
    new RegExp(`^unpinned ${scene.directory}: hook=syscall, \\d programs, 2 records nobody had read\n$`),
  );
  assert.deepEqual(scene.pins(), []);
});

test('what is lost while nobody reads is in the next run’s ledger and told of once, also after another kill -9', async () => {
  using scene = new PinScene();
  await using server = await Server.start();
  const listener = await server.listen('inet', '127.0.0.1', { backlog: 256 });
  // In mode auto the kernel would count them in summaries instead.
  const mode = ['--mode', 'events', '--ring-bytes', '4096'];
  const args = ['--pin', scene.directory, '-P', `${listener.port}`, ...mode, '--output', 'ndjson'];
  await using first = await TracerCommand.tracing(args);
  first.signal('SIGKILL');
  await first.ended();
  await connect(server, listener, PAGE_RECORDS + 50);

  await using second = await TracerCommand.tracing(args);
  await second.until(() => accepts(second) === PAGE_RECORDS && losses(second).length > 0, 'all is printed');
  const [[uid, count] = []] = losses(second);
  assert.equal(losses(second).length, 1);
  assert.equal(count, 50);
  assert.match(`${uid}`, /-lost-ring_full-0-50$/);
  const uids = second.rows.map((row) => String(row['log.record.uid']));
  assert.equal(new Set(uids.map((one) => one.split('-').slice(0, 2).join('-'))).size, 1, 'one session, one prefix');
  await second.until(() => {
    second.signal('SIGUSR1');
    return second.ledgers.some(({ ring_full, drained }) => ring_full === 50 && drained === PAGE_RECORDS);
  }, 'the ledger has it');
  // It is noted as told at the next look.
  const looks = second.ledgers.length;
  const since = performance.now();
  await second.until(() => {
    second.signal('SIGUSR1');
    return second.ledgers.length > looks && performance.now() - since > 2500;
  }, 'two more looks');
  second.signal('SIGKILL');
  await second.ended();

  await using third = await TracerCommand.tracing(args);
  await connect(server, listener, 1);
  await third.until(() => accepts(third) === 1, 'one more is printed');
  const { stderr } = await third.stop();
  assert.deepEqual(losses(third), []);
  assert.match(stderr, / ring_full=0 submitted=1 .*drained=1 /);
  assert.equal((await runCommand(['unpin', scene.directory])).code, 0);
});

test('a second start says who reads, a start that fails pins nothing, and unpin takes one absolute path', async () => {
  using scene = new PinScene();
  await using first = await TracerCommand.tracing(['--pin', scene.directory, '--output', 'none']);
  for (const args of [
    ['--pin', scene.directory],
    ['unpin', scene.directory],
  ]) {
    const { code, stderr } = await runCommand(args);
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`in use by process ${first.pid}: stop it first \\(ERR_PIN_HELD\\)\n$`));
  }
  await first.stop();
  assert.equal((await runCommand(['unpin', scene.directory])).code, 0);

  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318' };
  assert.equal((await runCommand(['--pin', scene.directory], { env })).code, 2);
  assert.deepEqual(scene.pins(), []);

  for (const [args, message] of [
    [['unpin'], /missing required argument 'DIR'/],
    [['unpin', 'pins'], /--pin: "pins" is not a directory; it accepts an absolute path/],
    [['unpin', '/a', '/b'], /too many arguments/],
    [['unpin', '-P', '80', '/a'], /unknown option '-P'/],
    [['--pin', ''], /./],
  ] as const) {
    const { code, stderr } = await runCommand(args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
  }
});
