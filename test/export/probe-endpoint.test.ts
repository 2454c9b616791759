import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOtlpEnvironment } from '../../src/export/otlp-environment.ts';
import { type ProbeResult, probeEndpoint } from '../../src/export/probe-endpoint.ts';
import { freePorts } from '../collector/free-ports.ts';
import { GrpcServer } from './grpc-server.ts';
import { type Answer, OtlpServer } from './otlp-server.ts';

/** The exporter does no sooner. */
const TRIES_AGAIN_MILLIS = 700;
const MOST_PROBES = 5;

function probe(endpoint: string, more: NodeJS.ProcessEnv = {}): Promise<ProbeResult> {
  return probeEndpoint(readOtlpEnvironment({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...more }).settings);
}

for (const protocol of ['http/protobuf', 'http/json']) {
  test(`an endpoint that takes logs over ${protocol} is ok, and was sent a request without records`, async () => {
    await using server = await OtlpServer.start();
    assert.deepEqual(await probe(server.endpoint, { OTEL_EXPORTER_OTLP_PROTOCOL: protocol }), {
      ok: true,
      detail: `${server.endpoint}/v1/logs took an empty export over ${protocol}`,
      mend: '',
    });
    assert.equal(server.requests.length, 1);
    assert.equal(server.requests[0]?.body.toString(), protocol === 'http/json' ? '{"resourceLogs":[]}' : '');
  });
}

test('an endpoint that takes logs over grpc is ok', async () => {
  await using server = await GrpcServer.start(() => Buffer.alloc(0));
  const result = await probe(server.authority, {
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_EXPORTER_OTLP_INSECURE: 'true',
  });
  assert.equal(result.ok, true, result.detail);
  assert.deepEqual(server.requests, [Buffer.alloc(0)]);
});

const REFUSALS: readonly (readonly [Answer, RegExp, RegExp])[] = [
  [{ status: 404 }, /answered 404: it does not take logs there$/, /^set OTEL_EXPORTER_OTLP_ENDPOINT .*Jaeger/],
  [{ status: 401 }, /answered 401: not authorized$/, /OTEL_EXPORTER_OTLP_HEADERS/],
  [{ status: 200, body: '<html>hello</html>' }, /is no OTLP response$/, /^set OTEL_EXPORTER_OTLP_ENDPOINT/],
];
for (const [answer, detail, mend] of REFUSALS) {
  test(`an endpoint that answers ${answer.status} ${answer.body ?? ''} is not ok`, async () => {
    await using server = await OtlpServer.start(() => answer);
    const result = await probe(server.endpoint);
    assert.equal(result.ok, false);
    assert.match(result.detail, detail);
    assert.match(result.mend, mend);
  });
}

test('with nothing at the endpoint that is said at once', async () => {
  const [port] = await freePorts(1);
  let leastMillis = Number.POSITIVE_INFINITY;
  // What else the processors do makes it take longer, and never shorter.
  for (let times = 0; times < MOST_PROBES && leastMillis >= TRIES_AGAIN_MILLIS; times++) {
    const start = performance.now();
    assert.deepEqual(await probe(`http://127.0.0.1:${port}`), {
      ok: false,
      detail: `nothing listens at http://127.0.0.1:${port}/v1/logs (ECONNREFUSED)`,
      mend: 'start a collector there or set OTEL_EXPORTER_OTLP_ENDPOINT',
    });
    leastMillis = Math.min(leastMillis, performance.now() - start);
  }
  assert.ok(leastMillis < TRIES_AGAIN_MILLIS, `${leastMillis} ms`);
});

test('an endpoint that never answers is waited for no longer than said', async () => {
  await using server = await OtlpServer.start(() => undefined);
  const result = await probe(server.endpoint, { OTEL_EXPORTER_OTLP_TIMEOUT: '300' });
  assert.equal(result.ok, false);
  assert.match(result.detail, /did not answer within 300 ms$/);
});
