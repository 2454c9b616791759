import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FlagTexts, longFlag, OPTION_KEYS, OPTIONS, type OptionKey, readConfig } from '../src/config.ts';
import { ERROR_CODES, TcpAcceptError } from '../src/errors.ts';
import { HOOKS } from '../src/kernel/binding.ts';
import { type Cases, SET_CASES, SET_KEYS } from './config/set-cases.ts';

const BOOLEANS = {
  good: [
    ['true', true],
    ['TRUE', true],
    ['false', false],
  ],
  wrong: ['1', 'yes', 'on', ' true'],
} as const;
const NOT_WHOLE = ['0', '-1', '+1', '1.0', '1e3', '0x10', ' 7', '7 ', 'x', '١', 'NaN', 'Infinity'] as const;
const PATHS = {
  good: [
    ['/sys/fs/bpf/set', '/sys/fs/bpf/set'],
    ['relative', 'relative'],
    [`/${'é'.repeat(2047)}`, `/${'é'.repeat(2047)}`],
  ],
  wrong: [`/${'x'.repeat(4095)}`, 'é'.repeat(2048)],
} as const;

const CASES: Readonly<Record<OptionKey, Cases>> = {
  time: { of: (config) => config.output.time, ...BOOLEANS },
  timestamp: { of: (config) => config.output.timestamp, ...BOOLEANS },
  pid: {
    of: (config) => config.filters.pid,
    good: [
      ['1', 1],
      ['4194304', 4_194_304],
      ['007', 7],
    ],
    wrong: [...NOT_WHOLE, '4194305', '99999999999999999999', '1,2'],
  },
  ports: {
    of: (config) => config.filters.ports,
    good: [
      ['80', [80]],
      ['443,80,443,1,65535,80', [443, 80, 1, 65_535]],
      ['80, 443', [80, 443]],
    ],
    wrong: ['80,x', '80,', ',80', '80,,443', ',', '0', '65536', '80-90', '80;443', '80 443', 'http', '-80', '8e1'],
  },
  connections: {
    of: (config) => config.connections,
    // Without traces there is nothing to make of it: test/config/following.test.ts.
    good: BOOLEANS.good.map(([text]) => [text, false]),
    wrong: BOOLEANS.wrong,
  },
  family: {
    of: (config) => config.filters.family,
    good: [
      ['ipv4', 'inet'],
      ['ipv6', 'inet6'],
    ],
    wrong: ['4', 'inet', 'IPv4', 'ipv4,ipv6', 'toString'],
  },
  cgroupMapPath: { of: (config) => config.filters.cgroupMapPath, ...PATHS },
  mountNamespaceMapPath: { of: (config) => config.filters.mountNamespaceMapPath, ...PATHS },
  ...SET_CASES,
  runAsUser: {
    of: (config) => config.runAsUser,
    good: [
      ['nobody', 'nobody'],
      ['65534', 65_534],
      ['_otel-tcpaccept', '_otel-tcpaccept'],
    ],
    wrong: ['-1', '4294967295', 'a,b', '!nobody', ' nobody', '/root'],
  },
  output: {
    of: (config) => config.output.format,
    good: [
      ['table', 'table'],
      ['ndjson', 'ndjson'],
      ['none', 'none'],
    ],
    wrong: ['json', 'Table', 'table,none', 'table '],
  },
  hook: {
    of: (config) => config.hook,
    good: ['auto', ...HOOKS].map((hook) => [hook, hook] as const),
    wrong: ['kprobe', 'FEXIT', 'fexit,syscall'],
  },
  pinDirectory: {
    of: (config) => config.pinDirectory,
    good: [['/sys/fs/bpf/otel-tcpaccept', '/sys/fs/bpf/otel-tcpaccept']],
    wrong: ['pins', './pins', `/${'x'.repeat(4095)}`],
  },
  mode: {
    of: (config) => config.mode,
    good: [
      ['events', 'events'],
      ['summary', 'summary'],
      ['auto', 'auto'],
    ],
    wrong: ['Auto', 'summaries', ' events'],
  },
  summaryIntervalMillis: {
    of: (config) => config.summaryIntervalMillis,
    good: [
      ['0.1', 100],
      ['10', 10_000],
      ['2.5', 2500],
      ['3600', 3_600_000],
    ],
    wrong: ['0', '0.09', '3601', '10s', '-1'],
  },
  ringBytes: {
    of: (config) => config.ringBytes,
    good: [
      ['4096', 4096],
      ['4K', 4096],
      ['64k', 65_536],
      ['16M', 16_777_216],
      ['1g', 1_073_741_824],
      ['1073741824', 1_073_741_824],
    ],
    wrong: ['4095', '2048', '12288', '3M', '2G', '0', '-4096', '4096.0', '1T', '16MB', '16MiB', 'M', '0x1000', '1e6'],
  },
  durationMillis: {
    of: (config) => config.durationMillis,
    good: [
      ['1', 1000],
      ['0.001', 1],
      ['2.5', 2500],
      ['.5', 500],
      ['5.', 5000],
      ['2147483', 2_147_483_000],
    ],
    wrong: ['0', '0.0', '0.0004', '-1', '1s', '1e3', '2147484', 'Infinity', 'NaN', '.', '1.2.3', '1,5'],
  },
  count: {
    of: (config) => config.count,
    good: [
      ['1', 1],
      ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ],
    wrong: [...NOT_WHOLE, '9007199254740992'],
  },
  commandLine: { of: (config) => config.commandLine.isWanted, ...BOOLEANS },
  commandLineRedact: {
    of: (config) => config.commandLine.secrets,
    good: [
      ['secret', 'secret'],
      ['(?<=--key[ =])\\S+', '(?<=--key[ =])\\S+'],
    ],
    wrong: ['(', '[a', '*'],
  },
  containerRuntimes: {
    of: (config) => config.containerRuntimes,
    good: [
      ['docker', [{ text: 'docker', api: 'docker', sockets: ['/run/docker.sock', '/var/run/docker.sock'] }]],
      ['/run/a.sock', [{ text: '/run/a.sock', api: undefined, sockets: ['/run/a.sock'] }]],
      [
        'unix:///b, cri-o,unix:///b',
        [
          { text: 'unix:///b', api: undefined, sockets: ['/b'] },
          { text: 'cri-o', api: 'cri', sockets: ['/run/crio/crio.sock', '/var/run/crio/crio.sock'] },
        ],
      ],
    ],
    wrong: [
      'podman',
      ...['Docker', 'docker,', 'run/docker.sock', 'unix://run/a', 'tcp://127.0.0.1:2375', 'toString'],
      Array.from({ length: 9 }, (_, i) => `/${i}`).join(','),
      `/${'x'.repeat(4095)}`,
    ],
  },
  listeners: { of: (config) => config.listeners, ...BOOLEANS },
  export: { of: (config) => config.exporting, ...BOOLEANS },
  spoolMode: {
    of: (config) => config.spool.mode,
    good: ['spill', 'always', 'off'].map((mode) => [mode, mode] as const),
    wrong: ['on', 'none', 'Spill', 'spill,always'],
  },
  spoolDirectory: { of: (config) => config.spool.directory, ...PATHS },
  spoolMaxBytes: {
    of: (config) => config.spool.maxBytes,
    good: [
      ['1M', 1_048_576],
      ['1048576', 1_048_576],
      ['10g', 10_737_418_240],
      ['1T', 1_099_511_627_776],
    ],
    wrong: ['0', '1048575', '2T', '1.5G', '-1M', '1MB', '1MiB', '1P', 'M', '1e9'],
  },
  spoolMaxAgeMillis: {
    of: (config) => config.spool.maxAgeMillis,
    good: [
      ['1s', 1000],
      ['90m', 5_400_000],
      ['12h', 43_200_000],
      ['6d', 518_400_000],
    ],
    wrong: ['0s', '6', '6D', '1.5d', '-1d', '1w', '3651d', 'd', '500ms', '1d12h'],
  },
  verbose: { of: (config) => config.verbose, ...BOOLEANS },
};

function refusal(flags: FlagTexts, environment: NodeJS.ProcessEnv): string {
  try {
    readConfig(flags, environment);
  } catch (thrown) {
    assert.ok(thrown instanceof TcpAcceptError, String(thrown));
    assert.equal(thrown.code, 'ERR_USAGE');
    assert.equal(thrown.exitCode, ERROR_CODES.ERR_USAGE);
    assert.doesNotMatch(thrown.message, /[\r\n]/, 'an error is one line');
    return thrown.message;
  }
  assert.fail(`accepted ${JSON.stringify({ flags, environment })}`);
}

test('every option of the table has cases here', () => {
  assert.deepEqual(Object.keys(CASES).sort(), [...OPTION_KEYS].sort());
});

for (const key of OPTION_KEYS) {
  const { variable, accepts, noun, example, default: fallback, flags, parse } = OPTIONS[key];
  const flag = longFlag(OPTIONS[key]);
  const { of, good, wrong } = CASES[key];

  test(`${flag} and ${variable}: right values`, () => {
    for (const [text, value] of good) {
      assert.deepEqual(of(readConfig({ [key]: text }, {}).config), value, `${flag} ${text}`);
      assert.deepEqual(of(readConfig({}, { [variable]: text }).config), value, `${variable}=${text}`);
    }
  });

  test(`${flag} and ${variable}: wrong values are refused by the name they came from`, () => {
    for (const text of wrong) {
      const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
      const sentence = `${shown} is not ${noun}; it accepts ${accepts}, for instance`;
      assert.equal(refusal({ [key]: text }, {}), `${flag}: ${sentence} ${flag} ${example}`);
      assert.equal(refusal({}, { [variable]: text }), `${variable}: ${sentence} ${variable}=${example}`);
    }
    assert.match(refusal({ [key]: '' }, {}), new RegExp(`^${flag}: "" is not `), 'an empty flag is a wrong value');
  });

  test(`${flag} and ${variable}: the example is accepted, and the default is what its text says`, () => {
    assert.notEqual(parse(example), undefined);
    if (fallback.text !== '') assert.deepEqual(parse(fallback.text), fallback.value);
    for (const { sets } of flags) if (sets !== undefined) assert.notEqual(parse(sets), undefined);
  });

  test(`${variable} empty counts as unset`, () => {
    assert.deepEqual(readConfig({}, { [variable]: '' }), readConfig({}, {}));
  });
}

test('with nothing given', () => {
  assert.deepEqual(readConfig({}, {}), {
    config: {
      filters: {
        pid: undefined,
        ports: [],
        family: undefined,
        cgroupMapPath: undefined,
        mountNamespaceMapPath: undefined,
        ...Object.fromEntries(SET_KEYS.map((key) => [key, { included: [], excluded: [] }])),
      },
      hook: 'auto',
      ringBytes: 8_388_608,
      mode: 'auto',
      summaryIntervalMillis: 10_000,
      connections: false,
      pinDirectory: undefined,
      output: { format: 'table', time: false, timestamp: false },
      runAsUser: undefined,
      durationMillis: undefined,
      count: undefined,
      commandLine: { isWanted: false, secrets: OPTIONS.commandLineRedact.default.value },
      containerRuntimes: [],
      listeners: false,
      exporting: false,
      spool: {
        mode: 'spill',
        directory: '/var/lib/otel-tcpaccept',
        maxBytes: 268_435_456,
        maxAgeMillis: 518_400_000,
      },
      exportingMetrics: false,
      exportingTraces: false,
      verbose: false,
    },
    warnings: [],
  });
});

test('flags win over variables, even wrong ones', () => {
  const environment = { TCPACCEPT_PORT: '80', TCPACCEPT_TIME: 'false', TCPACCEPT_PID: 'x' };
  const { config } = readConfig({ ports: '443', time: 'true', pid: '1' }, environment);
  assert.deepEqual(config.filters.ports, [443]);
  assert.equal(config.output.time, true);
  assert.equal(config.filters.pid, 1);
});

test('IPv4 and IPv6 exclude each other, from a flag and the variable too', () => {
  assert.equal(
    refusal({ family: 'ipv6' }, { TCPACCEPT_FAMILY: 'ipv4' }),
    '--ipv6 and TCPACCEPT_FAMILY=ipv4 exclude each other; give one of the two',
  );
  assert.equal(readConfig({ family: 'ipv6' }, { TCPACCEPT_FAMILY: 'ipv6' }).config.filters.family, 'inet6');
});

test('a quoted value cannot make a second line', () => {
  assert.match(refusal({ hook: 'a\nb\r\u001b[2J' }, {}), /^--hook: "a\\nb\\r\\u001b\[2J" is not a hook;/);
});

test('the configuration is frozen all the way down', () => {
  const isFrozen = (value: unknown): boolean =>
    typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(isFrozen));
  assert.ok(isFrozen(readConfig({}, {}).config));
  assert.ok(isFrozen(readConfig({ ports: '80,443' }, {}).config));
  for (const key of SET_KEYS) assert.ok(isFrozen(readConfig({ [key]: OPTIONS[key].example }, {}).config), key);
});

test('a TCPACCEPT_ variable that does not exist is a warning with the nearest name, and no more', () => {
  const environment = {
    TCPACCEPT_PROT: '80',
    TCPACCEPT_RINGBYTES: '1',
    TCPACCEPT_PORTS: '80',
    TCPACCEPT_SOMETHING_ELSE: '1',
    TCPACCEPT_: '1',
    MY_TCPACCEPT_PORT: '1',
    PATH: '/bin',
  };
  const { config, warnings } = readConfig({}, environment);
  assert.deepEqual(config, readConfig({}, {}).config);
  assert.deepEqual(warnings, [
    'TCPACCEPT_PROT: no such variable; did you mean TCPACCEPT_PORT?',
    'TCPACCEPT_RINGBYTES: no such variable; did you mean TCPACCEPT_RING_BYTES?',
    'TCPACCEPT_PORTS: no such variable; did you mean TCPACCEPT_PORT?',
    'TCPACCEPT_SOMETHING_ELSE: no such variable; see otel-tcpaccept --help',
    'TCPACCEPT_: no such variable; see otel-tcpaccept --help',
  ]);
});

test('by default, what follows the usual words for secrets is redacted in command lines', () => {
  const { secrets } = readConfig({}, {}).config.commandLine;
  const redacted = (text: string) => text.replace(new RegExp(secrets, 'gi'), '***');
  assert.equal(
    redacted('web --password=hunter2 -v --api-key abc TOKEN=x:y --port 80 client_secret: s3'),
    'web --password=*** -v --api-key *** TOKEN=*** --port 80 client_secret: s3',
  );
  assert.equal(redacted('/usr/bin/passwd-agent --tokens 5'), '/usr/bin/passwd-agent --tokens 5');
});
