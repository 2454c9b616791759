import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readOtlpEnvironment } from '../../src/export/otlp-environment.ts';

const CERTIFICATE = fileURLToPath(new URL('tls/certificate.pem', import.meta.url));
const KEY = fileURLToPath(new URL('tls/key.pem', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'otel-tcpaccept-tls-'));
test.after(() => rmSync(folder, { recursive: true }));
const garbage = join(folder, 'garbage.pem');
writeFileSync(garbage, 'no PEM');

test('files that are what they should be are taken', () => {
  const environment = {
    OTEL_EXPORTER_OTLP_CERTIFICATE: CERTIFICATE,
    OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE: CERTIFICATE,
    OTEL_EXPORTER_OTLP_CLIENT_KEY: KEY,
  };
  assert.deepEqual(readOtlpEnvironment(environment).warnings, []);
});

for (const general of [
  'OTEL_EXPORTER_OTLP_CERTIFICATE',
  'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE',
  'OTEL_EXPORTER_OTLP_CLIENT_KEY',
]) {
  for (const name of [general, general.replace('OTLP_', 'OTLP_LOGS_')]) {
    test(`${name}: a file that cannot be read, or holds something else, is refused by name, path and reason`, () => {
      for (const [path, reason] of [
        ['/nowhere/at.all', /cannot be read \(ENOENT.*; name a PEM file$/],
        [folder, /cannot be read \(EISDIR/],
        [garbage, /holds no (certificate|private key) that can be used \(/],
        [name.endsWith('KEY') ? CERTIFICATE : KEY, /holds no (certificate|private key) that can be used \(/],
        // The exporters would look for a file with the blank in its name.
        [` ${CERTIFICATE}`, /cannot be read \(ENOENT/],
      ] as const) {
        assert.throws(
          () => readOtlpEnvironment({ [name]: path }),
          ({ code, message }: Error & { code?: string }) => {
            assert.equal(code, 'ERR_EXPORT_CONFIG');
            assert.ok(message.startsWith(`${name}: "${path}" `), message);
            assert.match(message, reason);
            return true;
          },
        );
      }
    });
  }
}

test('a client certificate without its key, and a key without its certificate, are warnings', () => {
  const warnings = (environment: NodeJS.ProcessEnv) => readOtlpEnvironment(environment).warnings.join();
  assert.match(
    warnings({ OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: CERTIFICATE }),
    /^OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE needs OTEL_EXPORTER_OTLP_CLIENT_KEY beside it/,
  );
  assert.match(
    warnings({ OTEL_EXPORTER_OTLP_CLIENT_KEY: KEY }),
    /^OTEL_EXPORTER_OTLP_CLIENT_KEY needs OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE beside it/,
  );
});

test('headers that are none are left out with a warning that shows nothing of them', () => {
  const { warnings } = readOtlpEnvironment({ OTEL_EXPORTER_OTLP_HEADERS: 'a=b, secret ,=secret,c=' });
  assert.deepEqual(warnings, [
    'OTEL_EXPORTER_OTLP_HEADERS: member 2 is not key=value with a value, and is left out',
    'OTEL_EXPORTER_OTLP_HEADERS: member 3 is not key=value with a value, and is left out',
    'OTEL_EXPORTER_OTLP_HEADERS: member 4 is not key=value with a value, and is left out',
  ]);
  assert.deepEqual(readOtlpEnvironment({ OTEL_EXPORTER_OTLP_HEADERS: 'a=b%20c,' }).warnings, []);
});

for (const [protocol, headers] of [
  ['http/protobuf', 'a=b,authorization=secret%0Asecret'],
  ['http/protobuf', 'a=b,se cret=x'],
  ['grpc', 'a=b,authorization=secr%C3%A9t'],
  ['grpc', 'a=b,secret-bin=x'],
] as const) {
  test(`headers that ${protocol} cannot send are refused, without showing them: ${headers}`, () => {
    const environment = { OTEL_EXPORTER_OTLP_PROTOCOL: protocol, OTEL_EXPORTER_OTLP_LOGS_HEADERS: headers };
    assert.throws(() => readOtlpEnvironment(environment), {
      code: 'ERR_EXPORT_CONFIG',
      message:
        'OTEL_EXPORTER_OTLP_LOGS_HEADERS: member 2 has characters that no header may have; percent-encode only what is meant so',
    });
  });
}
