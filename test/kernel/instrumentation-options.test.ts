import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { TcpAcceptInstrumentation, type TcpAcceptInstrumentationConfig } from '../../src/index.ts';
import { setEnvironment } from '../export/set-environment.ts';
import { KeptRecords } from '../instrumentation/kept-records.ts';
import { connectTo, resetAll } from './client.ts';
import { OwnServer } from './own-server.ts';
import { type Listener, Server } from './server.ts';

/** Runs `act` while a plugin with these options traces; returns the peer ports of its records and its counts. */
async function traced(config: TcpAcceptInstrumentationConfig, act: () => Promise<unknown>) {
  using kept = KeptRecords.registered();
  const plugin = new TcpAcceptInstrumentation({ hook: 'syscall', ...config });
  assert.ok(plugin.isEnabled());
  try {
    await act();
  } finally {
    plugin.disable();
  }
  return { peerPorts: kept.peerPorts, counts: plugin.counts() };
}

/** A connection of the server to its own listener; the port it came from. */
async function acceptOf(server: Server, listener: Listener): Promise<number> {
  const request = { family: 'inet', address: '127.0.0.1', ports: [listener.port] };
  const { made } = await server.run<{ made: [number, number][] }>('connect', request);
  await server.accept(listener);
  return made[0]?.[0] ?? 0;
}

test('processes: whose accepts', async () => {
  await using own = await OwnServer.listen();
  await using first = await Server.start();
  await using second = await Server.start();
  const firstListener = await first.listen('inet', '127.0.0.1');
  const secondListener = await second.listen('inet', '127.0.0.1');
  const ports = [own.port, firstListener.port, secondListener.port];
  let made: number[] = [];
  const act = async () => {
    made = [
      (await own.accept()).peerPort,
      await acceptOf(first, firstListener),
      await acceptOf(second, secondListener),
    ];
  };
  assert.deepEqual((await traced({ ports, processes: 'own' }, act)).peerPorts, [made[0]]);
  assert.deepEqual((await traced({ ports, processes: second.pid }, act)).peerPorts, [made[2]]);
  assert.deepEqual((await traced({ ports, processes: 'all' }, act)).peerPorts, made);
});

test('ports: local ones to keep', async () => {
  await using wanted = await OwnServer.listen();
  await using unwanted = await OwnServer.listen();
  let made = 0;
  const { peerPorts, counts } = await traced({ ports: [wanted.port, 1] }, async () => {
    await unwanted.accept();
    made = (await wanted.accept()).peerPort;
  });
  assert.deepEqual(peerPorts, [made]);
  assert.ok(counts.filtered >= 1);
});

test('family: that of the socket', async () => {
  await using inet = await OwnServer.listen('127.0.0.1');
  await using inet6 = await OwnServer.listen('::');
  let made: number[] = [];
  const act = async () => {
    const clients = [await inet.accept(), await inet6.accept('::1'), await inet6.accept('127.0.0.1')];
    made = clients.map(({ peerPort }) => peerPort);
  };
  assert.deepEqual((await traced({ family: 'inet' }, act)).peerPorts, made.slice(0, 1));
  assert.deepEqual((await traced({ family: 'inet6' }, act)).peerPorts, made.slice(1));
  assert.deepEqual((await traced({}, act)).peerPorts, made);
});

/** Accepts what it connects itself, as often as its argument says. */
const SELF_ACCEPTING_PROGRAM = `
import socket, sys
listener = socket.create_server(("127.0.0.1", 0))
for _ in range(int(sys.argv[1])):
    client = socket.create_connection(listener.getsockname())
    listener.accept()[0].close()
    client.close()
`;

test('ringBytes: what does not fit while the event loop stands still is counted as ring_full', async () => {
  const act = async () => spawnSync('python3', ['-c', SELF_ACCEPTING_PROGRAM, '100']);
  const { peerPorts, counts } = await traced({ processes: 'all', ringBytes: 4096 }, act);
  assert.ok(counts.ring_full >= 60, `${counts.ring_full}`);
  assert.equal(counts.emitted, peerPorts.length);
  assert.ok(peerPorts.length > 0);
  const roomy = await traced({ processes: 'all' }, act);
  assert.equal(roomy.counts.ring_full, 0);
  assert.ok(roomy.peerPorts.length >= 100);
});

/** The peer ports of records of connections that this process makes to another one, and of one that another makes. */
async function exported(config: (port: number) => TcpAcceptInstrumentationConfig) {
  await using server = await Server.start();
  const listener = await server.listen('inet', '127.0.0.1');
  let theirs = 0;
  const { peerPorts, counts } = await traced(
    { processes: 'all', ports: [listener.port], ...config(listener.port) },
    async () => {
      const clients = [await connectTo(listener.port, '127.0.0.1'), await connectTo(listener.port, '127.0.0.1')];
      await server.accept(listener, { count: 2 });
      theirs = await acceptOf(server, listener);
      resetAll(clients);
    },
  );
  return { records: peerPorts.length, theirsIsThere: peerPorts.includes(theirs), self: counts.self };
}

test('exporterPorts: connections of this process to them are never records, those of others are', async () => {
  assert.deepEqual(await exported((port) => ({ exporterPorts: [port] })), { records: 1, theirsIsThere: true, self: 2 });
  assert.deepEqual(await exported(() => ({})), { records: 3, theirsIsThere: true, self: 0 });
});

test('the OTLP endpoint of the environment needs no exporterPorts', async (t) => {
  const settings = (port: number) => {
    setEnvironment(t, { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
    return {};
  };
  assert.deepEqual(await exported(settings), { records: 1, theirsIsThere: true, self: 2 });
});
