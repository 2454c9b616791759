import assert from 'node:assert/strict';
import { test } from 'node:test';
import { otlpPorts } from '../../src/export/otlp-ports.ts';

const CASES: readonly (readonly [string, NodeJS.ProcessEnv, readonly number[]])[] = [
  ['nothing set: the default ports', {}, [4317, 4318]],
  ['set to nothing is not set', { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }, [4317, 4318]],
  ['one for all signals', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:14318/base' }, [14_318]],
  ['host and port, as gRPC takes it', { OTEL_EXPORTER_OTLP_ENDPOINT: 'c:14317' }, [14_317]],
  ["the scheme's port", { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c' }, [443]],
  ['a signal of its own beside the defaults', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c:80' }, [4317, 4318, 80]],
  [
    'each signal its own',
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:1',
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://c:2',
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://c:3',
    },
    [2, 1, 3],
  ],
  ['no URL: nothing connects there', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:99999' }, []],
  ['a UNIX socket has no port', { OTEL_EXPORTER_OTLP_ENDPOINT: 'unix:///run/otel.sock' }, []],
];
for (const [name, environment, ports] of CASES) {
  test(name, () => assert.deepEqual(otlpPorts(environment), ports));
}
