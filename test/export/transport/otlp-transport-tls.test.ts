import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setEnvironment } from '../set-environment.ts';
import { taken } from './behaviours.ts';
import { HostileServer } from './hostile-server.ts';
import { QueueUnderTest } from './queue-under-test.ts';
import { until } from './until.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'otel-tcpaccept-tls-'));
after(() => rmSync(FOLDER, { recursive: true }));

const path = (name: string) => join(FOLDER, name);
const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: FOLDER, stdio: 'pipe' });

/** A key and a certificate of it, by the CA or, without one, as a CA of its own. */
function certify(name: string, ca?: string): { cert: Buffer; key: Buffer } {
  openssl(
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.pem`],
    ...['-addext', ca ? 'subjectAltName=IP:127.0.0.1' : 'basicConstraints=critical,CA:TRUE'],
    ...(ca ? ['-addext', 'basicConstraints=critical,CA:FALSE', '-CA', `${ca}.pem`, '-CAkey', `${ca}.key`] : []),
  );
  return { cert: readFileSync(path(`${name}.pem`)), key: readFileSync(path(`${name}.key`)) };
}

const CA = certify('ca');
const SERVER = certify('server', 'ca');
certify('client', 'ca');
certify('stranger');

async function startServer(asksForCertificate = false): Promise<{ server: HostileServer; endpoint: string }> {
  const tls = { ...SERVER, ca: CA.cert, requestCert: asksForCertificate, rejectUnauthorized: asksForCertificate };
  const server = await HostileServer.start(() => taken, { tls });
  return { server, endpoint: server.endpoint.replace('http:', 'https:') };
}

test('an endpoint whose certificate the named CA signed is delivered to, over one connection', async (t) => {
  setEnvironment(t, { OTEL_EXPORTER_OTLP_CERTIFICATE: path('ca.pem') });
  const { server, endpoint } = await startServer();
  await using _ = server;
  const it = await QueueUnderTest.open(endpoint);
  for (let number = 1; number <= 5; number++) {
    it.offer(3);
    await until(() => it.ledger.get('delivered') === number * 3, 'it is delivered');
  }
  await it.queue.close(10_000);
  it.assertFates({ delivered: 15 });
  assert.equal(server.connections, 1);
});

test('an endpoint that asks for a client certificate gets it', async (t) => {
  setEnvironment(t, {
    OTEL_EXPORTER_OTLP_CERTIFICATE: path('ca.pem'),
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: path('client.pem'),
    OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY: path('client.key'),
  });
  const { server, endpoint } = await startServer(true);
  await using _ = server;
  const it = await QueueUnderTest.open(endpoint);
  it.offer(3);
  await it.queue.close(10_000);
  it.assertFates({ delivered: 3 });
});

for (const [name, asksForCertificate, environment, says] of [
  [
    'whose certificate nobody vouches for',
    false,
    {},
    /is not trusted .*: name its CA in OTEL_EXPORTER_OTLP_CERTIFICATE;/,
  ],
  [
    'whose certificate another CA should have signed',
    false,
    { OTEL_EXPORTER_OTLP_CERTIFICATE: path('stranger.pem') },
    /is not trusted .*: name its CA in OTEL_EXPORTER_OTLP_CERTIFICATE;/,
  ],
  [
    'that asks in vain for a certificate of ours',
    true,
    { OTEL_EXPORTER_OTLP_CERTIFICATE: path('ca.pem') },
    /asks for a certificate of ours: name it in OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and its key in .*CLIENT_KEY;/,
  ],
] as const) {
  test(`an endpoint ${name} is tried again, and it is said why`, async (t) => {
    setEnvironment(t, environment);
    const { server, endpoint } = await startServer(asksForCertificate);
    await using _ = server;
    const it = await QueueUnderTest.open(endpoint);
    it.offer(3);
    // The server may also be quicker to close than its alert: then the next attempt tells.
    await until(() => it.warnings.some(({ text }) => says.test(text)) && it.warnings.length > 1, `it says ${says}`);
    assert.ok(it.warnings.every(({ text }) => text.endsWith('; trying again')));
    assert.equal(server.requests.length, 0);
    await it.queue.close(0);
    it.assertFates({ dropped: 3 });
  });
}

test('an endpoint that speaks no TLS, asked for it: what to set', async () => {
  await using server = await HostileServer.start(() => taken);
  const it = await QueueUnderTest.open(server.endpoint.replace('http:', 'https:'));
  it.offer(3);
  await until(() => it.warnings.length > 0, 'it was tried');
  assert.match(it.warnings[0]?.text ?? '', /does not speak TLS as we do: use http:\/\/ in OTEL_EXPORTER_OTLP_ENDPOINT/);
  await it.queue.close(0);
});
