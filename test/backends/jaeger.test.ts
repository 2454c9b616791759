import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Acceptor } from '../collector/acceptor.ts';
import { connect } from '../collector/connector.ts';
import { assertLedger } from '../collector/ledger-line.ts';
import { TracerCommand } from '../collector/tracer-command.ts';
import { Jaeger } from './jaeger.ts';

test('logs sent to Jaeger: one warning says that it takes traces only and what to do, and all are counted', async () => {
  await using jaeger = await Jaeger.start();
  await using acceptor = await Acceptor.start();
  await using tracer = await TracerCommand.tracing(['-P', acceptor.ports.join(','), '--output', 'none'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: jaeger.httpEndpoint, OTEL_BLRP_SCHEDULE_DELAY: '50' },
  });
  await connect(acceptor.targets(), 10, { awaits: true });
  await tracer.until(() => tracer.stderr.includes('warning'), 'it warns');
  const { code, stderr } = await tracer.stop();
  assert.equal(code, 0, stderr);
  const warnings = [...stderr.matchAll(/^otel-tcpaccept: warning: (.*)$/gm)].map(([, text = '']) => text);
  assert.equal(warnings.length, 1, stderr);
  assert.match(
    warnings[0] ?? '',
    new RegExp(
      `${jaeger.httpEndpoint}/v1/logs answered 404.*set OTEL_EXPORTER_OTLP_ENDPOINT .*Jaeger takes traces only`,
    ),
  );
  assertLedger(stderr, { submitted: 10, drained: 10, rejected: 10, unprinted: 10 });
  assert.doesNotMatch(jaeger.log, /deprecated/i);
});
