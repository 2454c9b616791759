import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OTEL_VARIABLES } from '../../src/export/otel-variables.ts';
import { readTracesEnvironment, type TracesSettings } from '../../src/export/traces-environment.ts';

const DEFAULTS: TracesSettings = {
  exporters: ['otlp'],
  url: 'http://localhost:4318/v1/traces',
  endpoint: 'http://localhost:4318/v1/traces',
  endpointVariable: 'OTEL_EXPORTER_OTLP_ENDPOINT',
  protocol: 'http/protobuf',
  compression: 'none',
  timeoutMillis: 10_000,
  batch: { maxQueueSize: 2048, maxExportBatchSize: 512, scheduledDelayMillis: 5000, exportTimeoutMillis: 30_000 },
  limits: { attributeCountLimit: 128, attributeValueLengthLimit: Number.POSITIVE_INFINITY },
  sampler: 'at most 100 spans a second',
  ratio: 1,
  diagLevel: 'info',
};

function read(environment: NodeJS.ProcessEnv) {
  return readTracesEnvironment({ OTEL_TRACES_EXPORTER: 'otlp', ...environment });
}

test('the defaults are the specification’s, save for exporter and sampler, and those of the table', () => {
  assert.deepEqual(readTracesEnvironment({}).settings.exporters, []);
  assert.deepEqual(read({}), { settings: DEFAULTS, warnings: [] });
  const given = OTEL_VARIABLES.filter(({ name, default: text }) => text !== '' && name !== 'OTEL_TRACES_EXPORTER');
  assert.deepEqual(read(Object.fromEntries(given.map(({ name, default: text }) => [name, text]))).settings, DEFAULTS);
});

const UNDERSTOOD: readonly (readonly [NodeJS.ProcessEnv, Partial<TracesSettings>])[] = [
  [{ OTEL_TRACES_EXPORTER: 'console, otlp' }, { exporters: ['console', 'otlp'] }],
  [{ OTEL_TRACES_EXPORTER: 'otlp,none' }, { exporters: [], url: '', endpoint: '', endpointVariable: '' }],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:1/base', OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://l:2' },
    { url: 'http://c:1/base/v1/traces', endpoint: 'http://c:1/base/v1/traces' },
  ],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:1', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://j:2/v1/traces' },
    {
      url: 'http://j:2/v1/traces',
      endpoint: 'http://j:2/v1/traces',
      endpointVariable: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    },
  ],
  [{ OTEL_EXPORTER_OTLP_TIMEOUT: '5', OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '7' }, { timeoutMillis: 7 }],
  [{ OTEL_TRACES_SAMPLER: 'always_off' }, { sampler: 'always_off' }],
  [{ OTEL_TRACES_SAMPLER: 'traceidratio' }, { sampler: 'traceidratio', ratio: 1 }],
  [
    { OTEL_TRACES_SAMPLER: 'ParentBased_TraceIdRatio', OTEL_TRACES_SAMPLER_ARG: ' 0.25 ' },
    { sampler: 'parentbased_traceidratio', ratio: 0.25 },
  ],
  [
    { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '1e-3' },
    { sampler: 'traceidratio', ratio: 0.001 },
  ],
  [
    { OTEL_ATTRIBUTE_COUNT_LIMIT: '5', OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '3' },
    { limits: { ...DEFAULTS.limits, attributeCountLimit: 3 } },
  ],
];
for (const [environment, different] of UNDERSTOOD) {
  test(`${JSON.stringify(environment)} is ${JSON.stringify(different)}`, () => {
    assert.deepEqual(read(environment), { settings: { ...DEFAULTS, ...different }, warnings: [] });
  });
}

const IGNORED: readonly (readonly [NodeJS.ProcessEnv, string])[] = [
  [
    { OTEL_TRACES_EXPORTER: 'zipkin,otlp' },
    'OTEL_TRACES_EXPORTER: "zipkin" is not understood; it accepts otlp, console, or none; it is left out',
  ],
  [
    { OTEL_TRACES_SAMPLER: 'jaeger_remote' },
    'OTEL_TRACES_SAMPLER: "jaeger_remote" is not understood; it accepts always_on, always_off, parentbased_always_on, parentbased_always_off, traceidratio, or parentbased_traceidratio; at most 100 spans a second is used',
  ],
  [
    { OTEL_TRACES_SAMPLER_ARG: '0.5' },
    'OTEL_TRACES_SAMPLER_ARG: only OTEL_TRACES_SAMPLER=traceidratio or parentbased_traceidratio takes one; it is left out',
  ],
  [
    { OTEL_BSP_MAX_QUEUE_SIZE: '0' },
    'OTEL_BSP_MAX_QUEUE_SIZE: "0" is not understood; it accepts a whole number of spans from 1 to 2147483647; 2048 is used',
  ],
];
for (const [environment, warning] of IGNORED) {
  test(`${JSON.stringify(environment)} is as good as unset, with a warning`, () => {
    assert.deepEqual(read(environment), { settings: DEFAULTS, warnings: [warning] });
  });
}

for (const ratio of ['1.1', '-0.1', 'half', '0x1', '']) {
  test(`OTEL_TRACES_SAMPLER_ARG=${ratio} is 1, with a warning unless it is empty`, () => {
    const { settings, warnings } = read({ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: ratio });
    assert.equal(settings.ratio, 1);
    assert.deepEqual(
      warnings,
      ratio === ''
        ? []
        : [`OTEL_TRACES_SAMPLER_ARG: "${ratio}" is not understood; it accepts a number from 0 to 1; 1 is used`],
    );
  });
}

test('an endpoint that is no URL is an error that names the variable', () => {
  assert.throws(() => read({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'jaeger' }), {
    code: 'ERR_EXPORT_CONFIG',
    message: /^OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "jaeger" is no URL/,
  });
});
