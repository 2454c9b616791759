import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { EVENTS } from '../../src/record/events.ts';

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;
const server = createServer();
let port = 0;

before(async () => {
  server.listen({ host: '127.0.0.1', port: 0, backlog: 123 });
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
after(() => server.close());

function run(...args: readonly string[]): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
}

test('listeners prints a header and a row for each listener of the port', () => {
  const { stdout, stderr, status } = run('listeners', '-P', `${port}`);
  const [header, row, ...rest] = stdout.split('\n');
  assert.match(header ?? '', /^PID +COMM +IP +LADDR +LPORT +QUEUE +LIMIT/);
  assert.match(row ?? '', new RegExp(`^${process.pid} +\\S+ +4 +127\\.0\\.0\\.1 +${port} +0 +123 +1 +- +\\d+ +-$`));
  assert.deepEqual({ rest, stderr, status }, { rest: [''], stderr: '', status: 0 });
});

test('listeners prints ndjson, and only the family asked for', () => {
  const records = run('listeners', '--output', 'ndjson', '-4')
    .stdout.trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const [ours, ...others] = records.filter((record) => record['network.local.port'] === port);
  assert.deepEqual(others, []);
  assert.equal(ours.event_name, EVENTS.listener.name);
  assert.equal(ours['process.pid'], process.pid);
  assert.equal(ours['tcpaccept.accept_queue.limit'], 123);
  assert.ok(records.every((record) => record['tcpaccept.socket.family'] === 'inet'));
  assert.equal(run('listeners', '-P', `${port}`, '-6', '--output', 'ndjson').stdout, '');
});

test('without root it says so, with exit 77', () => {
  const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all', '--bounding-set=-all'];
  const { stdout, stderr, status } = spawnSync('setpriv', [...nobody, process.execPath, MAIN, 'listeners'], {
    encoding: 'utf8',
  });
  assert.deepEqual({ stdout, status }, { stdout: '', status: 77 });
  assert.match(
    stderr,
    /^otel-tcpaccept: loading the listener programs is not permitted: run as root.* \(ERR_BPF_PERMISSION\)\n$/,
  );
});

test('--listeners makes the trace begin with an event of each', () => {
  // Of accepts none, however many there are on this host.
  const accepts = ['-P', `${port}`];
  const { stdout, status } = run('--listeners', ...accepts, '--output', 'ndjson', '--duration', '0.1', '--no-export');
  const records = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const ours = records.find((record) => record['network.local.port'] === port);
  assert.equal(ours?.event_name, EVENTS.listener.name);
  assert.equal(status, 0);
});
