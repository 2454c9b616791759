import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { diag } from '@opentelemetry/api';
import { globalErrorHandler } from '@opentelemetry/core';
import { installDiagnostics } from '../../src/export/diagnostics.ts';
import { openExportLane } from '../../src/export/open-lane.ts';
import { openAcceptEncoder } from '../../src/kernel/accept-encoder.ts';
import { Ledger } from '../../src/ledger.ts';
import { freePorts } from '../collector/free-ports.ts';
import { records } from './lane.ts';
import { type Answer, OtlpServer } from './otlp-server.ts';

const warnings: { readonly cause: string; readonly text: string }[] = [];
const lines: string[] = [];
const warn = (cause: string, text: string) => void warnings.push({ cause, text });
const print = (line: string) => void lines.push(line);

beforeEach(() => {
  warnings.length = 0;
  lines.length = 0;
});

const open = (environment: NodeJS.ProcessEnv, ledger = new Ledger()) =>
  openExportLane(environment, ledger, warn, { 'host.name': 'edge-1' }, { native: openAcceptEncoder() });

test('the lane says where it exports to, without what is secret', async () => {
  const description = async (environment: NodeJS.ProcessEnv) => (await open(environment))?.description;
  assert.equal(await description({}), 'export=http/protobuf endpoint=http://localhost:4318/v1/logs');
  assert.equal(
    await description({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://me:secret@c', OTEL_LOGS_EXPORTER: 'otlp,console' }),
    'export=http/protobuf,console endpoint=http://c/v1/logs',
  );
  assert.equal(await description({ OTEL_LOGS_EXPORTER: 'console' }), 'export=console');
  assert.equal(await description({ OTEL_LOGS_EXPORTER: 'otlp,none' }), undefined);
});

test('what is not understood is warned of, and what cannot work is thrown', async () => {
  await open({ OTEL_EXPORTER_OTLP_PROTOCOL: 'pigeon' });
  assert.match(warnings[0]?.text ?? '', /^OTEL_EXPORTER_OTLP_PROTOCOL: "pigeon" is not understood/);
  await assert.rejects(open({ OTEL_EXPORTER_OTLP_ENDPOINT: 'c' }), { code: 'ERR_EXPORT_CONFIG' });
});

/** PartialSuccess with 3 rejected and a message, as http/protobuf has it. */
const PARTIAL = Buffer.from([0x0a, 11, 0x08, 3, 0x12, 7, ...Buffer.from('too old')]);
const ANSWERS: readonly Answer[] = [
  { status: 404 },
  { status: 503 },
  { status: 200, body: PARTIAL },
  { status: 200, body: '<html>hello</html>' },
];
for (const answer of ANSWERS) {
  test(`an export answered with ${answer.status} ${answer.body ?? ''} is one cause of warnings, ours`, async () => {
    await using server = await OtlpServer.start(() => answer);
    const lane = await open({ OTEL_EXPORTER_OTLP_ENDPOINT: server.endpoint, OTEL_EXPORTER_OTLP_TIMEOUT: '500' });
    installDiagnostics('info', warn, print);
    lane?.accept(records(5));
    await lane?.close(1000);
    assert.deepEqual(lines, []);
    const [cause = '', ...others] = new Set(warnings.map(({ cause }) => cause));
    assert.deepEqual(others, []);
    assert.match(cause, /^export-/);
  });
}

test('an endpoint where nothing listens is one cause', async () => {
  const [port] = await freePorts(1);
  const lane = await open({
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_TIMEOUT: '500',
  });
  installDiagnostics('info', warn, print);
  lane?.accept(records(5));
  await lane?.close(5000);
  assert.deepEqual(lines, []);
  assert.deepEqual([...new Set(warnings.map(({ cause }) => cause))], ['export-ECONNREFUSED']);
});

test('a limit that drops attributes is said, over every protocol', async () => {
  await using server = await OtlpServer.start();
  const limit = { OTEL_EXPORTER_OTLP_ENDPOINT: server.endpoint, OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: '1' };
  for (const protocol of ['http/json', 'http/protobuf']) {
    const lane = await open({ ...limit, OTEL_EXPORTER_OTLP_PROTOCOL: protocol });
    lane?.accept(records(1));
    await lane?.close(5000);
  }
  assert.deepEqual(warnings, [
    { cause: 'attribute-limit', text: 'records lose attributes: OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT is 1' },
    { cause: 'attribute-limit', text: 'records lose attributes: OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT is 1' },
  ]);
});

test('the SDK speaks at its level: warnings as such, the rest as lines, an error without what it carries', () => {
  installDiagnostics('warn', warn, print);
  diag.info('quiet');
  diag.error('broken', Object.assign(new Error('no route'), { url: 'http://me:secret@c' }), { retries: 2 });
  globalErrorHandler(new Error('Timeout'));
  assert.deepEqual(lines, []);
  assert.deepEqual(warnings, [
    { cause: 'sdk broken', text: 'broken no route { retries: 2 }' },
    { cause: 'sdk Timeout', text: 'Timeout' },
  ]);
  installDiagnostics('debug', warn, print);
  diag.debug('Export failed', 1);
  assert.equal(lines.at(-1), 'otel-tcpaccept: Export failed 1\n');
  installDiagnostics('none', warn, print);
  diag.error('broken');
  assert.equal(warnings.length, 2);
});
