import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { records, TestLane } from './lane.ts';
import { OtlpServer } from './otlp-server.ts';
import { setEnvironment } from './set-environment.ts';

const CERTIFICATE = fileURLToPath(new URL('tls/certificate.pem', import.meta.url));
const KEY = fileURLToPath(new URL('tls/key.pem', import.meta.url));
const TLS = { cert: readFileSync(CERTIFICATE), key: readFileSync(KEY) };

async function send(endpoint: string): Promise<TestLane> {
  const lane = await TestLane.open({ ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
  lane.accept(records(3));
  await lane.lane.close(10_000);
  return lane;
}

test('an endpoint whose certificate is signed by the one named is delivered to', async (t) => {
  setEnvironment(t, { OTEL_EXPORTER_OTLP_CERTIFICATE: CERTIFICATE });
  await using server = await OtlpServer.start(undefined, TLS);
  (await send(server.endpoint.replace('http:', 'https:'))).assertFates({ delivered: 3 });
});

test('an endpoint that asks for a client certificate gets it', async (t) => {
  await using server = await OtlpServer.start(undefined, {
    ...TLS,
    ca: TLS.cert,
    requestCert: true,
    rejectUnauthorized: true,
  });
  const endpoint = server.endpoint.replace('http:', 'https:');
  setEnvironment(t, { OTEL_EXPORTER_OTLP_CERTIFICATE: CERTIFICATE, OTEL_EXPORTER_OTLP_TIMEOUT: '500' });
  (await send(endpoint)).assertFates({ dropped: 3 });
  setEnvironment(t, { OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: CERTIFICATE, OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY: KEY });
  (await send(endpoint)).assertFates({ delivered: 3 });
});

test('an endpoint whose certificate nobody vouches for: what to set', async () => {
  await using server = await OtlpServer.start(undefined, TLS);
  const lane = await send(server.endpoint.replace('http:', 'https:'));
  lane.assertFates({ dropped: 3 });
  assert.match(
    lane.warnings[0]?.text ?? '',
    /^the certificate of https:.* is not trusted .*OTEL_EXPORTER_OTLP_CERTIFICATE; 3 records dropped$/,
  );
});

test('an endpoint that speaks no TLS, asked for it: what to set', async () => {
  await using server = await OtlpServer.start();
  const lane = await send(server.endpoint.replace('http:', 'https:'));
  lane.assertFates({ dropped: 3 });
  assert.match(
    lane.warnings[0]?.text ?? '',
    /does not speak TLS as we do: use http:\/\/ in OTEL_EXPORTER_OTLP_ENDPOINT/,
  );
});
