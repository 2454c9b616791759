import assert from 'node:assert/strict';
import { test } from 'node:test';
import { longFlag, OPTION_KEYS, OPTIONS } from '../../src/config.ts';
import { startCollector } from './collector.ts';
import { type CommandOptions, runCommand } from './tracer-command.ts';

/** One of these is wrong for any option: not even a path is so long. */
const WRONG_VALUES = ['no such value', 'x'.repeat(5000), '('];
const UNREADABLE = '/nonexistent/certificate.pem';
const NO_PEM = new URL('acceptor.py', import.meta.url).pathname;

/** Runs the command, which must refuse: one line that says all of `says`, nothing printed, nothing traced. */
async function assertRefused(args: readonly string[], env: CommandOptions['env'], ...says: string[]): Promise<void> {
  const { code, stdout, stderr } = await runCommand(args, { env: env ?? {} });
  assert.equal(stdout, '');
  assert.match(stderr, /^otel-tcpaccept: [^\n]+ \(ERR_\w+\)\n$/, 'one line');
  for (const text of says) assert.ok(stderr.includes(text), `${text} is not in: ${stderr}`);
  assert.equal(code, 2, stderr);
}

for (const key of OPTION_KEYS) {
  const { variable, accepts, flags, parse } = OPTIONS[key];
  const wrong = WRONG_VALUES.find((text) => parse(text) === undefined) ?? assert.fail(key);
  test(`${variable} with a wrong value is refused by its name`, () =>
    assertRefused([], { [variable]: wrong }, `${variable}: `, `it accepts ${accepts}`));
  if (flags.some(({ sets }) => sets !== undefined)) continue;
  const flag = longFlag(OPTIONS[key]);
  test(`${flag} with a wrong value is refused by its name`, () =>
    assertRefused([flag, wrong], {}, `${flag}: `, `it accepts ${accepts}`));
}

const REFUSED: readonly (readonly [args: string, env: Record<string, string>, ...says: string[]])[] = [
  ['-4 -6', {}, "'-4, --ipv4' cannot be used with option '-6, --ipv6'"],
  ['--ipv6', { TCPACCEPT_FAMILY: 'ipv4' }, '--ipv6 and TCPACCEPT_FAMILY=ipv4 exclude each other'],
  ['--user nobody --pin /sys/fs/bpf/x', {}, '--user (TCPACCEPT_USER) and --pin (TCPACCEPT_PIN) exclude each other'],
  ['--show-config --pin /sys/fs/bpf/x', { TCPACCEPT_USER: 'nobody' }, 'only root can take away what root has pinned'],
  ['--prot 80', {}, "unknown option '--prot' (Did you mean --port?)"],
  ['docter', {}, "unknown command 'docter' (Did you mean doctor?)"],
  ['--cgroupmap /nonexistent/set', {}, '/nonexistent/set'],
  ['--mntnsmap /nonexistent/set', {}, '/nonexistent/set'],
  ['', { OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318' }, 'OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4318"', 'http://'],
  ['', { OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: '/v1/logs' }, 'OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: "/v1/logs"'],
  ['', { OTEL_EXPORTER_OTLP_CERTIFICATE: UNREADABLE }, `OTEL_EXPORTER_OTLP_CERTIFICATE: "${UNREADABLE}"`, 'PEM'],
  ['', { OTEL_EXPORTER_OTLP_CLIENT_KEY: UNREADABLE }, `OTEL_EXPORTER_OTLP_CLIENT_KEY: "${UNREADABLE}"`, 'PEM'],
  ['', { OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE: NO_PEM }, `OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE: "${NO_PEM}"`, 'PEM'],
];

for (const [args, env, ...says] of REFUSED) {
  const given = [...Object.entries(env).map(([name, value]) => `${name}=${value}`), args].filter(Boolean).join(' ');
  test(`refused: ${given}`, () => assertRefused(args.split(' ').filter(Boolean), env, ...says));
}

test('a value of an OTEL_ variable that nobody knows is a warning, and its default is used', async () => {
  await using collector = await startCollector();
  const { code, stderr } = await runCommand(['-P', '1', '--duration', '0.1', '--output', 'none'], {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpEndpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/xml',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'zstd',
      OTEL_BLRP_MAX_QUEUE_SIZE: 'many',
      TCPACCEPT_PROT: '80',
    },
  });
  assert.equal(code, 0);
  const lines = stderr.split('\n');
  for (const [name, value] of [
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'http/xml'],
    ['OTEL_EXPORTER_OTLP_COMPRESSION', 'zstd'],
    ['OTEL_BLRP_MAX_QUEUE_SIZE', 'many'],
  ]) {
    assert.equal(lines.filter((line) => line.startsWith(`otel-tcpaccept: warning: ${name}: "${value}" `)).length, 1);
  }
  assert.ok(lines.some((line) => /^otel-tcpaccept: warning: TCPACCEPT_PROT: .*TCPACCEPT_PORT/.test(line)));
  assert.ok(stderr.includes(` export=http/protobuf endpoint=${collector.httpEndpoint}/v1/logs\n`), stderr);
});
