import assert from 'node:assert/strict';
import { test } from 'node:test';
import { misspelledVariables } from '../../src/cli/misspelled-variables.ts';
import { parseCommandLine } from '../../src/cli/program.ts';
import { showConfig } from '../../src/cli/show-config.ts';
import { OPTION_KEYS, OPTIONS } from '../../src/config.ts';
import { runCommand } from '../collector/tracer-command.ts';

interface Shown {
  readonly exporting: boolean;
  readonly settings: readonly { readonly name: string; readonly value: string; readonly from: string }[];
}

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

async function show(line: string, environment: NodeJS.ProcessEnv) {
  const parsed = parseCommandLine([...line.split(' ').filter(Boolean), '--show-config=json'], environment);
  assert.ok(parsed.command === 'show-config');
  const { text, warnings } = await showConfig(parsed.config, parsed.options, parsed.format, environment);
  const shown: Shown = JSON.parse(text);
  const setting = (name: string) => {
    const { value, from } = shown.settings.find((one) => one.name === name) ?? assert.fail(name);
    return `${value} <- ${from}`;
  };
  return { text, warnings, shown, setting };
}

/** Without it --connections has no effect. */
const TRACES = { OTEL_TRACES_EXPORTER: 'otlp' };

for (const key of OPTION_KEYS) {
  const { variable, flags, example, default: fallback } = OPTIONS[key];
  test(`${variable}: by default, from the variable, from the flag, which wins`, async () => {
    const given = flags[0].sets ?? example;
    const name = /--[\w-]+/.exec(flags[0].flags)?.[0] ?? '';
    const flag = flags[0].sets === undefined ? `${name}=${example}` : name;
    const from = async (line: string, environment: NodeJS.ProcessEnv) =>
      (await show(line, { ...TRACES, ...environment })).setting(variable);
    const byDefault = key === 'export' ? 'false' : fallback.text;
    assert.equal(await from('', {}), `${byDefault} <- default`);
    assert.equal(await from('', { [variable]: given }), `${given} <- ${variable}`);
    assert.equal(await from(flag, { [variable]: given }), `${given} <- ${name}`);
  });
}

test('whether connections are followed, which takes more than the wish', async () => {
  const { setting } = await show('--connections', {});
  assert.equal(setting('TCPACCEPT_CONNECTIONS'), 'false <- --connections');
});

test('whether records are exported, and whose word that was', async () => {
  const exporting = async (line: string, environment: NodeJS.ProcessEnv) =>
    (await show(line, environment)).setting('TCPACCEPT_EXPORT');
  assert.equal(await exporting('', ENDPOINT), 'true <- OTEL_EXPORTER_OTLP_ENDPOINT');
  assert.equal(await exporting('--no-export', ENDPOINT), 'false <- --no-export');
  assert.equal(await exporting('--export', { OTEL_SDK_DISABLED: 'true' }), 'false <- OTEL_SDK_DISABLED');
  const { shown } = await show('', {});
  assert.equal(shown.exporting, false);
  assert.ok(
    shown.settings.every(({ name }) => name.startsWith('TCPACCEPT_')),
    'without export none of its settings',
  );
});

test('OpenTelemetry’s settings by their effect: the variable for logs wins, what is not understood is the default', async () => {
  const { setting, warnings } = await show('', {
    ...ENDPOINT,
    OTEL_EXPORTER_OTLP_TIMEOUT: '1',
    OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: '0',
    OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: 'brotli',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'GZIP',
    OTEL_BLRP_SCHEDULE_DELAY: 'soon',
    OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: '7',
    OTEL_SERVICE_NAME: 'edge',
  });
  assert.equal(setting('OTEL_LOGS_EXPORTER'), 'otlp <- default');
  assert.equal(setting('OTEL_EXPORTER_OTLP_ENDPOINT'), 'http://collector:4318/v1/logs <- OTEL_EXPORTER_OTLP_ENDPOINT');
  assert.equal(setting('OTEL_EXPORTER_OTLP_PROTOCOL'), 'http/protobuf <- default');
  assert.equal(setting('OTEL_EXPORTER_OTLP_TIMEOUT'), '0 <- OTEL_EXPORTER_OTLP_LOGS_TIMEOUT');
  assert.equal(setting('OTEL_EXPORTER_OTLP_COMPRESSION'), 'gzip <- OTEL_EXPORTER_OTLP_COMPRESSION');
  assert.equal(setting('OTEL_BLRP_SCHEDULE_DELAY'), '1000 <- default');
  assert.equal(setting('OTEL_ATTRIBUTE_COUNT_LIMIT'), '7 <- OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT');
  assert.equal(setting('OTEL_SERVICE_NAME'), 'edge <- OTEL_SERVICE_NAME');
  assert.equal(warnings.length, 2, warnings.join('\n'));
});

test('metrics have settings when they are exported, by the general variables where their own say nothing', async () => {
  const { setting, shown } = await show('', {
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
    OTEL_EXPORTER_OTLP_TIMEOUT: '7',
    OTEL_EXPORTER_OTLP_METRICS_COMPRESSION: 'gzip',
    OTEL_METRIC_EXPORT_INTERVAL: '1000',
  });
  assert.equal(setting('OTEL_METRICS_EXPORTER'), 'otlp <- OTEL_METRICS_EXPORTER');
  assert.equal(setting('OTEL_METRIC_EXPORT_INTERVAL'), '1000 <- OTEL_METRIC_EXPORT_INTERVAL');
  assert.equal(setting('OTEL_METRIC_EXPORT_TIMEOUT'), '1000 <- default', 'at most the interval');
  assert.equal(
    setting('OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'),
    'http://collector:4318/v1/metrics <- OTEL_EXPORTER_OTLP_ENDPOINT',
  );
  assert.equal(setting('OTEL_EXPORTER_OTLP_METRICS_TIMEOUT'), '7 <- OTEL_EXPORTER_OTLP_TIMEOUT');
  assert.equal(setting('OTEL_EXPORTER_OTLP_METRICS_COMPRESSION'), 'gzip <- OTEL_EXPORTER_OTLP_METRICS_COMPRESSION');
  assert.equal(setting('OTEL_EXPORTER_OTLP_METRICS_PROTOCOL'), 'http/protobuf <- default');
  assert.ok(
    shown.settings.every(({ name }) => name !== 'OTEL_EXPORTER_OTLP_ENDPOINT'),
    'no logs, none of their settings',
  );
});

test('traces have settings when they are exported, and what overrules them for traces is not shown for logs', async () => {
  const { setting, warnings } = await show('', {
    OTEL_TRACES_EXPORTER: 'otlp,console',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=ten4nt',
    OTEL_TRACES_SAMPLER: 'traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.25',
    OTEL_ATTRIBUTE_COUNT_LIMIT: '9',
    OTEL_BSP_SCHEDULE_DELAY: 'soon',
  });
  assert.equal(setting('OTEL_TRACES_EXPORTER'), 'otlp,console <- OTEL_TRACES_EXPORTER');
  assert.equal(setting('OTEL_EXPORTER_OTLP_PROTOCOL'), 'http/json <- OTEL_EXPORTER_OTLP_PROTOCOL');
  assert.equal(setting('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'), 'http/protobuf <- OTEL_EXPORTER_OTLP_TRACES_PROTOCOL');
  assert.equal(
    setting('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'),
    'http://collector:4318/v1/traces <- OTEL_EXPORTER_OTLP_ENDPOINT',
  );
  assert.equal(setting('OTEL_EXPORTER_OTLP_TRACES_HEADERS'), 'x-tenant=*** <- OTEL_EXPORTER_OTLP_HEADERS');
  assert.equal(setting('OTEL_TRACES_SAMPLER'), 'traceidratio <- OTEL_TRACES_SAMPLER');
  assert.equal(setting('OTEL_TRACES_SAMPLER_ARG'), '0.25 <- OTEL_TRACES_SAMPLER_ARG');
  assert.equal(setting('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT'), '9 <- OTEL_ATTRIBUTE_COUNT_LIMIT');
  assert.equal(setting('OTEL_BSP_SCHEDULE_DELAY'), '5000 <- default');
  assert.equal(warnings.length, 1, warnings.join('\n'));
});

test('no secret is shown, in either format', async () => {
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://user:passw0rd@collector:4318/path?token=t0ken#fr4gment',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20b3arer,x-tenant=ten4nt',
    OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'x-key=k3y',
  };
  const { text, setting } = await show('', environment);
  assert.equal(
    setting('OTEL_EXPORTER_OTLP_HEADERS'),
    'x-key=***,authorization=***,x-tenant=*** <- OTEL_EXPORTER_OTLP_LOGS_HEADERS and OTEL_EXPORTER_OTLP_HEADERS',
  );
  const { code, stdout, stderr } = await runCommand(['--show-config'], { env: environment });
  assert.equal(code, 0);
  for (const secret of ['user', 'passw0rd', 't0ken', 'fr4gment', 'b3arer', 'ten4nt', 'k3y']) {
    for (const output of [text, stdout, stderr]) assert.ok(!output.includes(secret), `${secret} in:\n${output}`);
  }
});

test('the command shows a table and ends with 0, without root, and traces nothing', async () => {
  const { code, stdout, stderr } = await runCommand(['--show-config', '-P', '80'], {
    command: ['setpriv', '--bounding-set=-all', '--inh-caps=-all', 'build/node', 'src/cli/main.ts'],
    env: { TCPACCEPT_HOKO: 'fexit', OTEL_EXPORTER_OLTP_ENDPOINT: 'http://collector:4318' },
  });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^SETTING +VALUE +FROM\nTCPACCEPT_TIME +- +default\n/);
  assert.match(stdout, /^TCPACCEPT_PORT +80 +--port$/m);
  assert.equal(
    stderr,
    'otel-tcpaccept: warning: TCPACCEPT_HOKO: no such variable; did you mean TCPACCEPT_HOOK?\n' +
      'otel-tcpaccept: warning: OTEL_EXPORTER_OLTP_ENDPOINT: no such variable; did you mean OTEL_EXPORTER_OTLP_ENDPOINT?\n',
  );
});

for (const [args, env, sentence] of [
  [['--show-config', '-P', 'x'], {}, /--port: "x" is not a list of ports/],
  [['--show-config=yaml'], {}, /--show-config: "yaml" is no format; it accepts text or json/],
  [
    ['--show-config'],
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' },
    /OTEL_EXPORTER_OTLP_ENDPOINT: "collector" is no URL/,
  ],
] as const) {
  test(`${args.join(' ')} with ${JSON.stringify(env)}: what would not start is refused as at a start`, async () => {
    const { code, stdout, stderr } = await runCommand(args, { env });
    assert.match(stderr, sentence);
    assert.deepEqual([code, stdout], [2, '']);
  });
}

test('slips in OpenTelemetry’s names are told, and its names for other signals are none', () => {
  const set = (...names: readonly string[]) =>
    misspelledVariables(Object.fromEntries(names.map((name) => [name, '1'])));
  assert.deepEqual(
    set('OTEL_EXPORTER_OTLP_ENDPIONT', 'OTEL_BLRP_MAX_QUEUE_SZIE', 'OTEL_LOG_EXPORTER', 'OTEL_TRACE_SAMPLER'),
    [
      'OTEL_EXPORTER_OTLP_ENDPIONT: no such variable; did you mean OTEL_EXPORTER_OTLP_ENDPOINT?',
      'OTEL_BLRP_MAX_QUEUE_SZIE: no such variable; did you mean OTEL_BLRP_MAX_QUEUE_SIZE?',
      'OTEL_LOG_EXPORTER: no such variable; did you mean OTEL_LOGS_EXPORTER?',
      'OTEL_TRACE_SAMPLER: no such variable; did you mean OTEL_TRACES_SAMPLER?',
    ],
  );
  assert.deepEqual(
    set(
      ...['OTEL_BSP_MAX_QUEUE_SIZE', 'OTEL_BSP_SCHEDULE_DELAY', 'OTEL_TRACES_EXPORTER', 'OTEL_METRICS_EXPORTER'],
      ...[
        'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
        'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT',
        'OTEL_PROPAGATORS',
        'OTEL_SOMETHING',
      ],
      ...['OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', 'OTEL_METRIC_EXPORT_INTERVAL', 'OTEL_SERVICE_NAME'],
    ),
    [],
  );
  assert.deepEqual(misspelledVariables({ OTEL_EXPORTER_OTLP_ENDPIONT: ' ' }), [], 'an empty one counts as unset');
});
