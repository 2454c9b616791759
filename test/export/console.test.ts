import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { OtlpServer } from './otlp-server.ts';

const SCRIPT = fileURLToPath(new URL('print-two-records.ts', import.meta.url));

/** Runs in a process of its own, since the exporter prints to stdout. */
async function printed(environment: NodeJS.ProcessEnv) {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [SCRIPT], { env: environment });
  return { events: stdout.match(/eventName: 'tcpaccept\.connection\.accepted'/g)?.length, ledger: stderr };
}

test('the console alone prints every record to stdout, and that is its delivery', async () => {
  const { events, ledger } = await printed({ OTEL_LOGS_EXPORTER: 'console' });
  assert.equal(events, 2);
  assert.match(ledger, /drained=2 delivered=2$/);
});

test('beside otlp the console prints as well, and the endpoint tells the fate', async () => {
  await using server = await OtlpServer.start(() => ({ status: 400 }));
  const { events, ledger } = await printed({
    OTEL_LOGS_EXPORTER: 'otlp,console',
    OTEL_EXPORTER_OTLP_ENDPOINT: server.endpoint,
  });
  assert.equal(events, 2);
  assert.match(ledger, /drained=2 rejected=2 rejected_accepts=2$/);
  assert.equal(server.requests.length, 1);
});
