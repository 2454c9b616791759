import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  answer,
  endlessBody,
  hugeHeader,
  partialSuccess,
  processing,
  redirect,
  refusal,
  reset,
  resetInBody,
  silent,
  slowBody,
  taken,
} from '../export/transport/behaviours.ts';
import { type Behaviour, HostileServer, type ReceivedRequest } from '../export/transport/hostile-server.ts';
import { Acceptor } from './acceptor.ts';
import { connect } from './connector.ts';
import { assertLedger, readLedger } from './ledger-line.ts';
import { type Ended, runCommand, TracerCommand } from './tracer-command.ts';

const ACCEPTS = 240;
const OF_A_REQUEST = 40;
const HOSTILE_REQUESTS = 3;
const REJECTED_OF_A_REQUEST = 3;
const SECRETS = ['b3arer-t0ken', 'k3y-of-the-api', 'passw0rd', 'qu3ry'];
const HEADERS = 'authorization=Bearer%20b3arer-t0ken,x-api-key=k3y-of-the-api';

/** What becomes of the records of a request that was met so; `partial`: some of them rejected, the rest delivered. */
type Fate = 'delivered' | 'rejected' | 'sent again' | 'partial';

/** A refusal that repeats all it was told in confidence. */
const echo: (status: number) => Behaviour = (status) => (response, request) =>
  refusal(status, `no ${request.headers.authorization} ${request.headers['x-api-key']}`)(response, request);

const takesTen: Behaviour = (response, request) =>
  (uidsIn(request).length > 10 ? answer(413) : taken)(response, request);

const CASES: Readonly<Record<string, { readonly meets: Behaviour; readonly fate: (records: number) => Fate }>> = {
  'takes everything': { meets: taken, fate: () => 'delivered' },
  '429 with Retry-After': { meets: answer(429, 'later', { 'retry-after': '1' }), fate: () => 'sent again' },
  '503 with Retry-After as a date': {
    meets: (response, request) =>
      answer(503, '', { 'retry-after': new Date(Date.now() + 1000).toUTCString() })(response, request),
    fate: () => 'sent again',
  },
  '503 that repeats our headers': { meets: echo(503), fate: () => 'sent again' },
  '404 in plain text': { meets: answer(404, 'no such page'), fate: () => 'rejected' },
  '400 that repeats our headers': { meets: echo(400), fate: () => 'rejected' },
  '413 over 10 records': { meets: takesTen, fate: (records) => (records > 10 ? 'sent again' : 'delivered') },
  'partial success': { meets: partialSuccess(REJECTED_OF_A_REQUEST, 'three of k3y-of-the-api'), fate: () => 'partial' },
  reset: { meets: reset, fate: () => 'sent again' },
  'reset within the body of a 200': { meets: resetInBody(200), fate: () => 'delivered' },
  'endless body of a 200': { meets: endlessBody(200, 65_536), fate: () => 'delivered' },
  'endless body of a 400': { meets: endlessBody(400, 65_536), fate: () => 'rejected' },
  'slow body of a 200': { meets: slowBody(200), fate: () => 'delivered' },
  'never answers': { meets: silent, fate: () => 'sent again' },
  'goes on processing': { meets: processing, fate: () => 'sent again' },
  'a header too large': { meets: hugeHeader, fate: () => 'sent again' },
  redirect: { meets: redirect, fate: () => 'rejected' },
  'garbage as protobuf': {
    meets: answer(200, Buffer.alloc(300, 0xff), { 'content-type': 'application/x-protobuf' }),
    fate: () => 'delivered',
  },
};

/** Of the accepts in a request; a text of protobuf comes after its length, of one byte here. */
function uidsIn({ body }: ReceivedRequest): string[] {
  const text = body.toString('latin1');
  return [...text.matchAll(/\n([ -~])(?=[0-9a-f]{32}-\w+-\d+-)/g)].map(({ index, 1: length = '' }) =>
    text.slice(index + 2, index + 2 + length.charCodeAt(0)),
  );
}

function assertSecretsKept({ stdout, stderr }: Pick<Ended, 'stdout' | 'stderr'>): void {
  for (const secret of SECRETS) assert.ok(!`${stdout}${stderr}`.includes(secret), `${secret} in:\n${stderr}`);
}

/** The most memory the process ever had. */
function peakMib(pid: number): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

let peakOfPeace = Number.POSITIVE_INFINITY;

for (const [name, { meets, fate }] of Object.entries(CASES)) {
  test(`${name}: what became of each record adds up, no secret is shown, memory is bounded`, async () => {
    await using acceptor = await Acceptor.start();
    await using server = await HostileServer.start((number) =>
      number < HOSTILE_REQUESTS || name.startsWith('413') ? meets : taken,
    );
    await using tracer = await TracerCommand.tracing(
      ['-P', acceptor.ports.join(','), '--output', 'ndjson', '--verbose'],
      {
        env: {
          OTEL_EXPORTER_OTLP_ENDPOINT: `http://user:passw0rd@127.0.0.1:${server.port}/?token=qu3ry`,
          OTEL_EXPORTER_OTLP_HEADERS: HEADERS,
          OTEL_EXPORTER_OTLP_TIMEOUT: '700',
          OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: `${OF_A_REQUEST}`,
          OTEL_BLRP_SCHEDULE_DELAY: '20',
          OTEL_LOG_LEVEL: 'all',
        },
      },
    );
    await connect(acceptor.targets(), ACCEPTS, { awaits: false });
    const met = () =>
      server.requests.map((request, number) => {
        const uids = uidsIn(request);
        const isHostile = number < HOSTILE_REQUESTS || name.startsWith('413');
        return { uids, fate: isHostile ? fate(uids.length) : ('delivered' as const) };
      });
    const settled = () => met().flatMap(({ uids, fate }) => (fate === 'sent again' ? [] : uids));
    await tracer.until(() => settled().length >= ACCEPTS, 'every record was taken or refused');
    const peak = peakMib(tracer.pid);
    const { code, stdout, stderr } = await tracer.stop();
    assert.equal(code, 0, stderr);

    assert.equal(settled().length, ACCEPTS);
    assert.deepEqual(new Set(settled()), new Set(tracer.accepts.map((row) => row['log.record.uid'])));
    const recordsThatWere = (wanted: Fate) =>
      met()
        .filter((one) => one.fate === wanted)
        .reduce((sum, { uids }) => sum + uids.length, 0);
    const partly = met()
      .filter((one) => one.fate === 'partial')
      .reduce((sum, { uids }) => sum + Math.min(uids.length, REJECTED_OF_A_REQUEST), 0);
    const rejected = recordsThatWere('rejected') + partly;
    // A loss of the export becomes a record once something is delivered again.
    const { reports } = readLedger(stderr);
    assert.ok(reports === 0 || rejected > 0);
    assertLedger(stderr, {
      submitted: ACCEPTS,
      drained: ACCEPTS,
      printed: ACCEPTS,
      delivered: ACCEPTS - rejected + reports,
      rejected,
      reports,
    });
    assertSecretsKept({ stdout, stderr });
    if (name === 'takes everything') peakOfPeace = peak;
    assert.ok(peak < peakOfPeace + 40, `${peak} MiB at most, ${peakOfPeace} where all is well`);
  });
}

for (const protocol of ['http/protobuf', 'http/json'] as const) {
  test(`a server that repeats our headers over ${protocol}: neither tracing nor doctor shows them`, async () => {
    await using acceptor = await Acceptor.start();
    await using server = await HostileServer.start(() => (response, { headers }) => {
      const message = `no ${headers.authorization} ${headers['x-api-key']}`;
      response.writeHead(400, message, { 'content-type': 'application/json' }).end(JSON.stringify({ message }));
    });
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: server.endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_HEADERS: HEADERS,
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_METRIC_EXPORT_INTERVAL: '100',
      OTEL_BLRP_SCHEDULE_DELAY: '20',
      OTEL_LOG_LEVEL: 'all',
    };
    await using tracer = await TracerCommand.tracing(
      ['-P', acceptor.ports.join(','), '--output', 'ndjson', '--verbose'],
      {
        env,
      },
    );
    await connect(acceptor.targets(), 5, { awaits: true });
    await tracer.until(
      () => tracer.stderr.includes('rejected') && tracer.stderr.includes('metrics were not taken'),
      'both were refused',
    );
    const ended = await tracer.stop();
    assert.equal(ended.code, 0);
    assert.match(ended.stderr, /\*\*\*/, 'the server’s words are quoted');
    assertSecretsKept(ended);
    for (const args of [['doctor', '--json'], ['doctor'], ['--show-config']]) {
      const said = await runCommand(args, { env });
      assertSecretsKept(said);
      assert.ok(said.stdout.includes('***'), said.stdout);
    }
  });
}
