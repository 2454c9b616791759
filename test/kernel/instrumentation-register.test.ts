import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Application,
  type ApplicationOptions,
  HTTP_SERVER,
  HTTP_SERVER_IN_WORKER,
  PRINT_DIAG,
  PRINT_RECORDS,
  REGISTER,
  ROOT,
} from '../instrumentation/application.ts';
import { InstalledPackage } from '../instrumentation/installed-package.ts';

/** Starts an application, makes requests, lets it end by itself; the ports the requests came from, and how it ended. */
async function served(requests: number, options: ApplicationOptions) {
  await using application = await Application.listening(options);
  const ports: number[] = [];
  for (let i = 0; i < requests; i++) ports.push(await application.request());
  const { code, stderr, records } = await application.end();
  assert.equal(code, 0, stderr);
  const peerPorts = records.map((attributes) => attributes['network.peer.port']);
  return { pid: application.pid, port: application.port, ports, stderr, records, peerPorts };
}

for (const [order, imports] of [
  ['before', [REGISTER, PRINT_RECORDS]],
  ['after', [PRINT_RECORDS, REGISTER]],
] as const) {
  test(`preloaded ${order} the SDK: the accepts of an application that knows nothing of it are its records`, async () => {
    const { pid, port, ports, stderr, records, peerPorts } = await served(3, { imports });
    assert.deepEqual(peerPorts, ports);
    for (const attributes of records) {
      assert.equal(attributes['process.pid'], pid);
      assert.equal(attributes['network.local.port'], port);
    }
    assert.equal(stderr, '');
  });
}

test('preloaded by the name of the package, from its own folder', async () => {
  const { ports, peerPorts } = await served(1, { imports: ['otel-tcpaccept/register', PRINT_RECORDS], cwd: ROOT });
  assert.deepEqual(peerPorts, ports);
});

test('preloaded by the name of the package, where it is installed, with --import and with --require', async () => {
  using installed = new InstalledPackage();
  const application = { cwd: installed.folder, program: [HTTP_SERVER] };
  const imported = await served(1, { ...application, imports: ['otel-tcpaccept/register', PRINT_RECORDS] });
  assert.deepEqual(imported.peerPorts, imported.ports);
  const program = ['--require', 'otel-tcpaccept/register', HTTP_SERVER];
  const required = await served(1, { ...application, program, imports: [PRINT_RECORDS] });
  assert.deepEqual(required.peerPorts, required.ports);
});

/** With `diag` heard, what it is told is all that stderr has. */
const HEARD = { imports: [PRINT_DIAG, REGISTER, PRINT_RECORDS] };

test('TCPACCEPT_ variables are its options', async () => {
  const env = { TCPACCEPT_PORT: '1,2', TCPACCEPT_FAMILY: 'ipv4', TCPACCEPT_RING_BYTES: '64K', TCPACCEPT_HOOK: 'auto' };
  assert.deepEqual((await served(1, { ...HEARD, env })).peerPorts, []);
  const { TCPACCEPT_PORT, ...others } = env;
  const { ports, peerPorts, stderr } = await served(1, { ...HEARD, env: others });
  assert.deepEqual(peerPorts, ports);
  assert.equal(stderr, '');
  assert.deepEqual((await served(1, { ...HEARD, env: { TCPACCEPT_FAMILY: 'ipv6' } })).peerPorts, []);
});

test('TCPACCEPT_PID: the accepts of another process', async () => {
  await using other = await Application.listening({});
  await using application = await Application.listening({ ...HEARD, env: { TCPACCEPT_PID: String(other.pid) } });
  await application.request();
  const port = await other.request();
  const { records } = await application.end();
  assert.deepEqual(
    records.map((attributes) => [attributes['process.pid'], attributes['network.peer.port']]),
    [[other.pid, port]],
  );
});

test('variables that mean nothing here, and those that do not exist, are warned of', async () => {
  const env = { TCPACCEPT_CGROUPMAP: '/sys/fs/bpf/none', TCPACCEPT_PORTS: '80' };
  const { ports, peerPorts, stderr } = await served(1, { ...HEARD, env });
  assert.deepEqual(peerPorts, ports);
  assert.equal(stderr.match(/^diag warning: otel-tcpaccept: TCPACCEPT_CGROUPMAP has no effect/gm)?.length, 1);
  assert.equal(stderr.match(/^diag warning: otel-tcpaccept: TCPACCEPT_PORTS: .*TCPACCEPT_PORT\?/gm)?.length, 1);
  assert.equal(stderr.trim().split('\n').length, 2);
});

test('a worker thread, which is preloaded too, does not make two records of one accept', async () => {
  const program = [HTTP_SERVER_IN_WORKER, '2'];
  await using application = await Application.listening({ imports: [REGISTER, PRINT_RECORDS], program });
  const first = await application.request();
  // The server destroys the last connection that it waits for.
  await assert.rejects(application.request());
  const { code, stderr, records } = await application.end();
  assert.equal(code, 0, stderr);
  assert.equal(records.length, 2);
  assert.equal(records[0]?.['network.peer.port'], first);
  for (const attributes of records) {
    assert.equal(attributes['process.pid'], application.pid);
    assert.notEqual(attributes['tcpaccept.thread.id'], application.pid);
  }
});
