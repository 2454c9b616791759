import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideExporting } from '../../src/config/exporting.ts';
import { readConfig } from '../../src/config.ts';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' };

function decide(wish: boolean | undefined, environment: NodeJS.ProcessEnv): boolean {
  const { exporting, warnings } = decideExporting(wish, environment);
  assert.deepEqual(warnings, []);
  return exporting;
}

test('without a wish, a variable that names an exporter decides', () => {
  assert.equal(decide(undefined, {}), false);
  assert.equal(decide(undefined, { OTEL_SERVICE_NAME: 'x', OTEL_TRACES_EXPORTER: 'otlp' }), false);
  assert.equal(decide(undefined, ENDPOINT), true);
  assert.equal(decide(undefined, { OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'grpc' }), true);
  assert.equal(decide(undefined, { OTEL_LOGS_EXPORTER: 'console' }), true);
});

test('an empty or blank variable counts as unset', () => {
  assert.equal(decide(undefined, { OTEL_LOGS_EXPORTER: '', OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }), false);
  assert.equal(decide(undefined, { ...ENDPOINT, OTEL_SDK_DISABLED: '' }), true);
});

test('a wish wins over the exporter variables', () => {
  assert.equal(decide(true, {}), true);
  assert.equal(decide(false, ENDPOINT), false);
});

for (const off of [{ OTEL_SDK_DISABLED: 'true' }, { OTEL_SDK_DISABLED: 'True' }, { OTEL_LOGS_EXPORTER: 'none' }]) {
  const [name = ''] = Object.keys(off);
  test(`${JSON.stringify(off)} turns exporting off, and says so when it was asked for`, () => {
    assert.equal(decide(undefined, { ...ENDPOINT, ...off }), false);
    assert.equal(decide(false, { ...ENDPOINT, ...off }), false);
    const { exporting, warnings } = decideExporting(true, off);
    assert.equal(exporting, false);
    assert.equal(warnings.length, 1);
    assert.ok(warnings[0]?.startsWith(`${name}=`), warnings[0]);
  });
}

test('OTEL_SDK_DISABLED that is neither true nor false is false with a warning', () => {
  assert.deepEqual(decideExporting(undefined, { ...ENDPOINT, OTEL_SDK_DISABLED: 'yes' }), {
    exporting: true,
    exportingMetrics: false,
    exportingTraces: false,
    decidedBy: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    warnings: ['OTEL_SDK_DISABLED: "yes" is not true or false; taken as false'],
  });
});

test('the variable whose word it was is named, and none where a wish decided or nothing was said', () => {
  const decidedBy = (wish: boolean | undefined, environment: NodeJS.ProcessEnv) =>
    decideExporting(wish, environment).decidedBy;
  assert.equal(decidedBy(undefined, {}), undefined);
  assert.equal(decidedBy(undefined, ENDPOINT), 'OTEL_EXPORTER_OTLP_ENDPOINT');
  assert.equal(decidedBy(true, ENDPOINT), undefined);
  assert.equal(decidedBy(true, { OTEL_SDK_DISABLED: 'true', OTEL_LOGS_EXPORTER: 'none' }), 'OTEL_SDK_DISABLED');
  assert.equal(decidedBy(undefined, { OTEL_LOGS_EXPORTER: 'none' }), 'OTEL_LOGS_EXPORTER');
});

for (const [signal, key, exporter] of [
  ['metrics', 'exportingMetrics', 'OTEL_METRICS_EXPORTER'],
  ['traces', 'exportingTraces', 'OTEL_TRACES_EXPORTER'],
] as const) {
  test(`${signal}: only when an exporter is named, and neither --no-export nor OTEL_SDK_DISABLED says otherwise`, () => {
    const isExported = (wish: boolean | undefined, environment: NodeJS.ProcessEnv) =>
      decideExporting(wish, environment)[key];
    const named = { [exporter]: 'otlp' };
    assert.equal(isExported(true, ENDPOINT), false);
    assert.equal(isExported(undefined, named), true);
    assert.equal(isExported(undefined, { ...named, OTEL_LOGS_EXPORTER: 'none' }), true);
    assert.equal(isExported(false, named), false);
    assert.equal(isExported(true, { ...named, OTEL_SDK_DISABLED: 'true' }), false);
  });

  test(`where ${signal} go decides nothing for records`, () => {
    const endpoint = { [`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`]: 'http://localhost:4318' };
    assert.equal(decide(undefined, { ...endpoint, [exporter]: 'otlp' }), false);
    assert.equal(decide(undefined, { ...endpoint, ...ENDPOINT }), true);
  });
}

test('the configuration carries the decision and its warnings', () => {
  assert.equal(readConfig({}, ENDPOINT).config.exporting, true);
  assert.equal(readConfig({ export: 'false' }, { ...ENDPOINT, TCPACCEPT_EXPORT: 'true' }).config.exporting, false);
  assert.equal(readConfig({ export: 'true' }, { OTEL_LOGS_EXPORTER: 'none' }).warnings.length, 1);
});
