import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUILT } from '../../bench/built-command.ts';
import { Acceptor } from './acceptor.ts';
import { startCollector } from './collector.ts';
import { connect } from './connector.ts';
import { assertLedger } from './ledger-line.ts';
import { TracerCommand } from './tracer-command.ts';

/** The other tests run the sources: what a bundle may break is what is imported late, or by a path. */
for (const protocol of ['http/protobuf', 'http/json', 'grpc']) {
  test(`the built command delivers records, metrics and spans over ${protocol}, from its spool`, async () => {
    await using collector = await startCollector();
    await using acceptor = await Acceptor.start();
    await using tracer = await TracerCommand.tracing(
      ['-P', acceptor.ports.join(','), '--output', 'none', '--spool', 'always'],
      {
        command: BUILT,
        env: {
          OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
          OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? collector.grpcEndpoint : collector.httpEndpoint,
          OTEL_LOGS_EXPORTER: 'otlp',
          OTEL_METRICS_EXPORTER: 'otlp',
          // This collector takes none.
          OTEL_TRACES_EXPORTER: 'console',
        },
      },
    );
    await connect(acceptor.targets(), 8, { awaits: true });
    const { code, stderr } = await tracer.stop();
    assert.equal(code, 0, stderr);
    assertLedger(stderr, {
      submitted: 8,
      drained: 8,
      delivered: 8,
      unprinted: 8,
      span_candidates: 8,
      spans_delivered: 8,
    });
    assert.equal((await collector.accepts()).length, 8);
  });
}
