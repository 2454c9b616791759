import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Acceptor } from './acceptor.ts';
import { startCollector } from './collector.ts';
import { connect } from './connector.ts';
import { assertLedger } from './ledger-line.ts';
import { runCommand, TracerCommand } from './tracer-command.ts';

const SET_UP = fileURLToPath(new URL('../../setup/run', import.meta.url));
const NPM_START = ['npm', 'start', '--'] as const;
/** Another user, who may still read whatever folders the checkout and npm are in. */
const AS_NOBODY = [
  'setpriv',
  '--reuid=65534',
  '--regid=65534',
  '--clear-groups',
  '--inh-caps=+dac_read_search',
  '--ambient-caps=+dac_read_search',
] as const;
/** A collector may well be at the default endpoint: nothing of a test is to go there. */
const NO_EXPORT = { OTEL_LOGS_EXPORTER: 'none' };

// What there is to set up is set up here, however long it takes: the tests see what every later run sees.
before(() => promisify(execFile)(SET_UP));

test('npm start passes options on, prints nothing but data, and sets nothing up again', async () => {
  await using acceptor = await Acceptor.start();
  await using tracer = await TracerCommand.tracing(
    ['-P', acceptor.ports.join(','), '--output', 'ndjson', '--count', '4'],
    { command: NPM_START, env: NO_EXPORT, detached: true },
  );
  const made = await connect(acceptor.targets(), 4, { awaits: true });
  const { code, stdout, stderr } = await tracer.ended();
  assert.equal(code, 0);
  const rows = stdout.split('\n').slice(0, -2);
  assert.deepEqual(
    rows.map((row) => JSON.parse(row)['network.peer.port']),
    made.map(({ peerPort }) => peerPort),
  );
  const [first, last, ...more] = stderr.split('\n').slice(0, -1);
  assert.match(first ?? '', /^otel-tcpaccept: tracing hook=\w+ export=off$/);
  assert.match(last ?? '', /^otel-tcpaccept: ledger /);
  assert.deepEqual(more, [], 'no banner and no word of setting up');
});

test('npm start exports without being told to, to where OpenTelemetry’s variables say', async () => {
  await using collector = await startCollector();
  await using acceptor = await Acceptor.start();
  await using tracer = await TracerCommand.tracing(['-P', acceptor.ports.join(','), '--output', 'none'], {
    command: NPM_START,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpEndpoint },
    detached: true,
  });
  await connect(acceptor.targets(), 4, { awaits: true });
  // As a service manager ends it: npm and the tracer at once.
  tracer.signal('SIGTERM');
  const { code, stderr } = await tracer.ended();
  assert.equal(code, 0, stderr);
  assertLedger(stderr, { submitted: 4, drained: 4, delivered: 4, unprinted: 4 });
  assert.equal((await collector.accepts()).length, 4);
});

test('with no variable at all, npm start exports to the default endpoint', async () => {
  const { code, stderr } = await runCommand(['-P', '1', '--duration', '0.05'], { command: NPM_START });
  assert.equal(code, 0);
  assert.match(
    stderr,
    /^otel-tcpaccept: tracing .* export=http\/protobuf endpoint=http:\/\/localhost:4318\/v1\/logs$/m,
  );
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} to npm and the tracer, and again by npm: the ledger is said, exit 0`, async () => {
    await using tracer = await TracerCommand.tracing(['-P', '1', '--output', 'none'], {
      command: NPM_START,
      env: NO_EXPORT,
      detached: true,
    });
    tracer.signal(signal);
    const { code, stdout, stderr } = await tracer.ended();
    assert.deepEqual([code, stdout], [0, '']);
    assert.match(stderr, /^otel-tcpaccept: tracing [^\n]*\notel-tcpaccept: ledger [^\n]*\n$/);
  });
}

test('bad usage is exit 2 through npm, in one line', async () => {
  const { code, stdout, stderr } = await runCommand(['--pid', 'x'], { command: NPM_START });
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /^otel-tcpaccept: --pid: "x" is not a process id; [^\n]*\n$/);
});

test('without root: exit 77 and one line, before anything is set up', async () => {
  const { code, stdout, stderr } = await runCommand([], {
    command: [...AS_NOBODY, ...NPM_START],
    env: { HOME: '/nonexistent', npm_config_cache: '/nonexistent' },
  });
  assert.deepEqual([code, stdout], [77, '']);
  assert.match(stderr, /^otel-tcpaccept: this needs root [^\n]*sudo\n$/);
});
