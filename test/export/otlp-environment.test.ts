import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMetricsEnvironment } from '../../src/export/metrics-environment.ts';
import { OTEL_VARIABLES } from '../../src/export/otel-variables.ts';
import { type OtlpSettings, readOtlpEnvironment } from '../../src/export/otlp-environment.ts';
import { readTracesEnvironment } from '../../src/export/traces-environment.ts';

/** The settings of an environment that is understood. */
function settingsOf(environment: NodeJS.ProcessEnv): OtlpSettings {
  const { settings, warnings } = readOtlpEnvironment(environment);
  assert.deepEqual(warnings, []);
  return settings;
}

const DEFAULTS: OtlpSettings = {
  exporters: ['otlp'],
  protocol: 'http/protobuf',
  url: 'http://localhost:4318/v1/logs',
  endpoint: 'http://localhost:4318/v1/logs',
  endpointVariable: 'OTEL_EXPORTER_OTLP_ENDPOINT',
  compression: 'none',
  timeoutMillis: 10_000,
  batch: { maxQueueSize: 65_536, maxExportBatchSize: 512, scheduledDelayMillis: 1000, exportTimeoutMillis: 30_000 },
  limits: { attributeCountLimit: 128, attributeValueLengthLimit: Number.POSITIVE_INFINITY },
  diagLevel: 'info',
};

test('nothing set is the defaults, and so is everything set to nothing', () => {
  assert.deepEqual(settingsOf({}), DEFAULTS);
  assert.deepEqual(settingsOf(Object.fromEntries(OTEL_VARIABLES.map(({ name }) => [name, ' ']))), DEFAULTS);
});

test('every variable is read, and the ones for logs win', () => {
  const general = {
    OTEL_LOGS_EXPORTER: 'console, otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://general:1/base/',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    OTEL_EXPORTER_OTLP_TIMEOUT: '1',
    OTEL_BLRP_MAX_QUEUE_SIZE: '20',
    OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '10',
    OTEL_BLRP_SCHEDULE_DELAY: '0',
    OTEL_BLRP_EXPORT_TIMEOUT: '3',
    OTEL_ATTRIBUTE_COUNT_LIMIT: '4',
    OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '5',
    OTEL_LOG_LEVEL: 'DEBUG',
  };
  const expected: OtlpSettings = {
    exporters: ['console', 'otlp'],
    protocol: 'http/json',
    url: 'https://general:1/base/v1/logs',
    endpoint: 'https://general:1/base/v1/logs',
    endpointVariable: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    compression: 'gzip',
    timeoutMillis: 1,
    batch: { maxQueueSize: 20, maxExportBatchSize: 10, scheduledDelayMillis: 0, exportTimeoutMillis: 3 },
    limits: { attributeCountLimit: 4, attributeValueLengthLimit: 5 },
    diagLevel: 'debug',
  };
  assert.deepEqual(settingsOf(general), expected);
  const forLogs = {
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://logs',
    OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: 'none',
    OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: '0',
    OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: '0',
    OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: '7',
  };
  assert.deepEqual(settingsOf({ ...general, ...forLogs }), {
    ...expected,
    protocol: 'http/protobuf',
    url: 'http://logs/',
    endpoint: 'http://logs/',
    endpointVariable: 'OTEL_EXPORTER_OTLP_LOGS_ENDPOINT',
    compression: 'none',
    timeoutMillis: 2 ** 31 - 1,
    limits: { attributeCountLimit: 0, attributeValueLengthLimit: 7 },
  });
});

const ENDPOINTS: readonly (readonly [string, string, string, string])[] = [
  ['http/protobuf', 'http://c:4318', 'http://c:4318/v1/logs', 'http://c:4318/v1/logs'],
  ['http/protobuf', 'HTTP://C:4318/', 'http://c:4318/v1/logs', 'http://c:4318/v1/logs'],
  ['http/protobuf', 'https://[::1]/a', 'https://[::1]/a/v1/logs', 'https://[::1]/a/v1/logs'],
  [
    'http/json',
    'https://me:secret@c/otlp?token=x#y',
    'https://me:secret@c/otlp/v1/logs?token=x#y',
    'https://c/otlp/v1/logs',
  ],
  ['grpc', 'http://c:4317', 'http://c:4317', 'http://c:4317'],
  ['grpc', 'https://me:secret@c:4317/path', 'https://c:4317', 'https://c:4317'],
  ['grpc', 'c:4317', 'https://c:4317', 'https://c:4317'],
  ['grpc', 'unix:///run/otel.sock', 'unix:///run/otel.sock', 'unix:///run/otel.sock'],
];
for (const [protocol, given, url, endpoint] of ENDPOINTS) {
  test(`over ${protocol}, ${given} is sent to ${url}`, () => {
    const settings = settingsOf({ OTEL_EXPORTER_OTLP_PROTOCOL: protocol, OTEL_EXPORTER_OTLP_ENDPOINT: given });
    assert.deepEqual({ url: settings.url, endpoint: settings.endpoint }, { url, endpoint });
  });
}

test('over grpc a host and port is without TLS where that is said, and the default is localhost', () => {
  const environment = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_INSECURE: 'TRUE' };
  assert.equal(settingsOf({ ...environment, OTEL_EXPORTER_OTLP_ENDPOINT: 'c:4317' }).url, 'http://c:4317');
  assert.equal(settingsOf({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }).url, 'http://localhost:4317');
});

test('over grpc an endpoint whose port the client would not use is a warning', () => {
  const environment = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c' };
  assert.match(
    readOtlpEnvironment(environment).warnings.join(),
    /^OTEL_EXPORTER_OTLP_ENDPOINT: http:\/\/c .* port 443$/,
  );
});

for (const [protocol, text] of [
  ['http/protobuf', 'localhost:4318'],
  ['http/protobuf', '127.0.0.1:4318'],
  ['http/protobuf', '//c:4318'],
  ['http/protobuf', 'ftp://c'],
  ['http/protobuf', 'http:c'],
  ['http/protobuf', 'http://'],
  ['http/json', 'http://c:99999'],
  ['grpc', 'dns:///c:4317'],
  ['grpc', 'c:99999'],
] as const) {
  for (const name of ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_LOGS_ENDPOINT']) {
    test(`${name}=${text} cannot be used with ${protocol}`, () => {
      assert.throws(() => readOtlpEnvironment({ OTEL_EXPORTER_OTLP_PROTOCOL: protocol, [name]: text }), {
        code: 'ERR_EXPORT_CONFIG',
        message: new RegExp(
          `^${name}: "${text}" is no URL with http:// or https:// and a host; set it, .* http://localhost`,
        ),
      });
    });
  }
}

test('what is wrong with an endpoint is said without its password and token', () => {
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: 'me:secret@localhost:4318/?token=secret' };
  assert.throws(
    () => readOtlpEnvironment(environment),
    ({ message }: Error) => {
      return message.includes('"***@localhost:4318/"') && !message.includes('secret');
    },
  );
});

test('an endpoint that is not in force, or that nothing is sent to, is not looked at', () => {
  const bad = { OTEL_EXPORTER_OTLP_ENDPOINT: 'nowhere', OTEL_EXPORTER_OTLP_CERTIFICATE: '/nowhere' };
  const settings = settingsOf({ ...bad, OTEL_LOGS_EXPORTER: 'console' });
  assert.deepEqual([settings.exporters, settings.url, settings.endpoint], [['console'], '', '']);
  settingsOf({ OTEL_EXPORTER_OTLP_ENDPOINT: 'nowhere', OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://c' });
});

test('exporters: each once, none wins, and an unknown one is left out', () => {
  const exporters = (OTEL_LOGS_EXPORTER: string) => readOtlpEnvironment({ OTEL_LOGS_EXPORTER }).settings.exporters;
  assert.deepEqual(exporters('otlp,console,otlp'), ['otlp', 'console']);
  assert.deepEqual(exporters('Otlp,'), ['otlp']);
  assert.deepEqual(exporters('otlp,none'), []);
  assert.deepEqual(exporters('file'), []);
  assert.deepEqual(readOtlpEnvironment({ OTEL_LOGS_EXPORTER: 'file,console' }).warnings, [
    'OTEL_LOGS_EXPORTER: "file" is not understood; it accepts otlp, console, or none; it is left out',
  ]);
});

const IGNORED: readonly (readonly [string, string, string])[] = [
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'pigeon', 'http/protobuf, http/json, or grpc; http/protobuf is used'],
  ['OTEL_EXPORTER_OTLP_COMPRESSION', 'zstd', 'none or gzip; none is used'],
  ['OTEL_EXPORTER_OTLP_TIMEOUT', '1.5', 'a whole number of milliseconds from 0 to 2147483647; 10000 is used'],
  ['OTEL_EXPORTER_OTLP_TIMEOUT', '2147483648', 'a whole number of milliseconds from 0 to 2147483647; 10000 is used'],
  ['OTEL_BLRP_MAX_QUEUE_SIZE', '0', 'a whole number of records from 1 to 2147483647; 65536 is used'],
  ['OTEL_BLRP_MAX_EXPORT_BATCH_SIZE', 'many', 'a whole number of records from 1 to 2147483647; 512 is used'],
  ['OTEL_BLRP_SCHEDULE_DELAY', '-1', 'a whole number of milliseconds from 0 to 2147483647; 1000 is used'],
  ['OTEL_BLRP_EXPORT_TIMEOUT', '30s', 'a whole number of milliseconds from 0 to 2147483647; 30000 is used'],
  ['OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT', 'x', 'a whole number of attributes from 0 to 2147483647; 128 is used'],
  ['OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', '0', 'a whole number of characters from 1 to 2147483647; no limit is used'],
  ['OTEL_LOG_LEVEL', 'loud', 'none, error, warn, info, debug, verbose, or all; info is used'],
];
for (const [name, text, rest] of IGNORED) {
  test(`${name}=${text} is a warning and as good as unset`, () => {
    const { settings, warnings } = readOtlpEnvironment({ [name]: text });
    assert.deepEqual(warnings, [`${name}: "${text}" is not understood; it accepts ${rest}`]);
    assert.deepEqual(settings, DEFAULTS);
  });
}

test('a variable for logs that is not understood leaves the general one in force', () => {
  const { settings, warnings } = readOtlpEnvironment({
    OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'pigeon',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  });
  assert.equal(settings.protocol, 'http/json');
  assert.match(warnings.join(), /^OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: "pigeon" .* http\/json is used$/);
});

test('a batch that is more than the queue is the queue', () => {
  const { settings, warnings } = readOtlpEnvironment({
    OTEL_BLRP_MAX_QUEUE_SIZE: '100',
    OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '101',
  });
  assert.equal(settings.batch.maxExportBatchSize, 100);
  assert.equal(warnings.length, 1);
  assert.equal(settingsOf({ OTEL_BLRP_MAX_QUEUE_SIZE: '100' }).batch.maxExportBatchSize, 100);
});

/** Read by whoever decides whether there is an export, and by the SDK's resource detectors. */
const READ_ELSEWHERE = [
  ...['OTEL_SDK_DISABLED', 'OTEL_SERVICE_NAME', 'OTEL_RESOURCE_ATTRIBUTES'],
  // By the stock exporters of metrics.
  ...['COMPRESSION', 'TIMEOUT', 'TEMPORALITY_PREFERENCE'].map((suffix) => `OTEL_EXPORTER_OTLP_METRICS_${suffix}`),
];

test('the table of variables names each that is read, once, and no other', () => {
  const read = new Set<string>();
  const spy = new Proxy(
    {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'c:1',
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_TRACES_EXPORTER: 'otlp',
    } as NodeJS.ProcessEnv,
    {
      get: (environment, name) => {
        read.add(String(name));
        return environment[String(name)];
      },
    },
  );
  readOtlpEnvironment(spy);
  readMetricsEnvironment(spy);
  readTracesEnvironment(spy);
  const named = OTEL_VARIABLES.map(({ name }) => name).filter((name) => !READ_ELSEWHERE.includes(name));
  assert.deepEqual(named.toSorted(), [...read].sort());
});

test('the defaults of the table are the defaults', () => {
  const given = OTEL_VARIABLES.filter(({ name, default: text }) => text !== '' && !READ_ELSEWHERE.includes(name));
  assert.deepEqual(settingsOf(Object.fromEntries(given.map(({ name, default: text }) => [name, text]))), DEFAULTS);
});
