/**
 * Preloaded into an application: its logger provider, which batches for longer than any test runs and is flushed when the
 * application has nothing left to do. Prints each record as a line of JSON.
 */
import { logs } from '@opentelemetry/api';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';

const provider = new LoggerProvider({
  processors: [
    new BatchLogRecordProcessor({
      scheduledDelayMillis: 3_600_000,
      exporter: {
        export: (records, done) => {
          for (const { attributes } of records) process.stdout.write(`${JSON.stringify({ record: attributes })}\n`);
          done({ code: 0 });
        },
        forceFlush: async () => {},
        shutdown: async () => {},
      },
    }),
  ],
});
logs.setGlobalLoggerProvider(provider);
process.once('beforeExit', () => provider.shutdown());
