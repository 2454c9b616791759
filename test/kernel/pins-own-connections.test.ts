import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { unpin } from '../../src/kernel/unpin.ts';
import { EVENTS } from '../../src/record/events.ts';
import { TracerCommand } from '../collector/tracer-command.ts';
import { OtlpServer } from '../export/otlp-server.ts';
import { PinScene } from './pin-scene.ts';
import { Reader, recordsRead } from './reader.ts';
import { Server } from './server.ts';

const CONNECT_AS = new URL('connect_as.py', import.meta.url).pathname;

test('a stranger that has the dead reader’s process id is a stranger', async () => {
  using scene = new PinScene();
  await using server = await Server.start();
  const listener = await server.listen('inet', '127.0.0.1');
  const settings = { ringBytes: 4096, ports: [listener.port], self: 'all', pinDirectory: scene.directory } as const;
  await using dead = new Reader(settings, scene.file);
  await dead.ready();
  await dead.kill();

  const said = execFileSync('python3', [CONNECT_AS, `${dead.pid}`, `${listener.port}`], { encoding: 'utf8' });
  const [port, pid] = said.split(' ').map(Number);
  assert.equal(pid, dead.pid);
  await server.accept(listener);

  await using next = new Reader(settings, scene.file);
  await next.ready();
  assert.equal((await next.stop()).submitted, 1);
  assert.deepEqual(
    recordsRead(scene.file).map(({ peerPort }) => peerPort),
    [port],
  );
  unpin(scene.directory);
});

/** The ports of one connection, its client's first. */
async function connectTo(port: number, client: Server): Promise<[number, number][]> {
  const wanted = { family: 'inet', address: '127.0.0.1', ports: [port] };
  return (await client.run<{ made: [number, number][] }>('connect', wanted)).made;
}

test('own connections to the endpoint are none of the records, before and after a kill -9', async () => {
  using scene = new PinScene();
  await using endpoint = await OtlpServer.start();
  await using server = await Server.start();
  await using client = await Server.start();
  const listener = await server.listen('inet', '127.0.0.1');
  const args = ['--pin', scene.directory, '-P', `${endpoint.port},${listener.port}`, '--output', 'ndjson'];
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint.endpoint, OTEL_BLRP_SCHEDULE_DELAY: '50' };
  for (const state of ['new', 'resumed', 'resumed']) {
    await using tracer = await TracerCommand.tracing(args, { env });
    assert.match(tracer.stderr, new RegExp(` pin=${scene.directory} ${state}\n`));
    const made = await connectTo(listener.port, client);
    await server.accept(listener);
    // Losses are the whole host's.
    const rows = () =>
      tracer.rows
        .filter((row) => row['event_name'] === EVENTS.accepted.name)
        .map((row) => [row['network.peer.port'], row['network.local.port']]);
    await tracer.until(() => rows().length > 0, 'the connection is printed');
    assert.deepEqual(rows(), made);
    await tracer.until(() => {
      tracer.signal('SIGUSR1');
      return tracer.ledgers.some(({ self, delivered }) => self > 0 && delivered > 0);
    }, 'it counts its own connection');
    assert.deepEqual(rows(), made);
    tracer.signal('SIGKILL');
    await tracer.ended();
  }
  unpin(scene.directory);
});
