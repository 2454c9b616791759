import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../src/config.ts';
import { TcpAcceptError } from '../../src/errors.ts';

const WISHED = { connections: 'true' } as const;
const TRACES = { OTEL_TRACES_EXPORTER: 'otlp' } as const;

test('connections are followed where traces are exported and accepts are recorded', () => {
  for (const mode of ['auto', 'events'] as const) {
    const { config, warnings } = readConfig({ ...WISHED, mode }, TRACES);
    assert.deepEqual([config.connections, warnings], [true, []]);
  }
  assert.equal(readConfig({}, { ...TRACES, TCPACCEPT_CONNECTIONS: 'true' }).config.connections, true);
  assert.equal(readConfig({}, TRACES).config.connections, false);
});

const NOTHING_TO_MAKE = [
  ['without OTEL_TRACES_EXPORTER', {}, {}, /set OTEL_TRACES_EXPORTER=otlp/],
  ['OTEL_TRACES_EXPORTER=none', {}, { OTEL_TRACES_EXPORTER: ' none ' }, /set OTEL_TRACES_EXPORTER=otlp/],
  ['--no-export', { export: 'false' }, TRACES, /no spans are exported/],
  ['OTEL_SDK_DISABLED', {}, { ...TRACES, OTEL_SDK_DISABLED: 'true' }, /no spans are exported/],
  ['--mode summary', { mode: 'summary' }, TRACES, /--mode summary records no accepts.*choose --mode auto or events/],
] as const;

for (const [name, flags, environment, sentence] of NOTHING_TO_MAKE) {
  test(`${name}: one warning, and they are not followed`, () => {
    const { config, warnings } = readConfig({ ...WISHED, ...flags }, environment);
    assert.equal(config.connections, false);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /^--connections: [^\n]*$/);
    assert.match(warnings[0] ?? '', sentence);
  });
}

test('with --pin it is refused in one sentence', () => {
  assert.throws(
    () => readConfig({ ...WISHED, pinDirectory: '/sys/fs/bpf/x' }, TRACES),
    (error) =>
      error instanceof TcpAcceptError &&
      error.code === 'ERR_USAGE' &&
      /^--connections and --pin exclude each other[^\n]*give one of the two$/.test(error.message),
  );
});
