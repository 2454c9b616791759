import type { Config } from '../config.ts';
import { EXIT } from '../errors.ts';
import type { NamedContainers } from '../identity/runtime/named-containers.ts';
import { loadNative } from '../kernel/native.ts';
import { Ledger } from '../ledger.ts';
import { Printer } from '../output/printer.ts';
import { Bookkeeper } from './bookkeeper.ts';
import { Overload } from './overload.ts';
import { resolveFilters } from './resolve-filters.ts';
import { Sinks } from './sinks.ts';
import { StopSignal } from './stop-signal.ts';
import { isSafeFirst, openExports } from './trace/open-exports.ts';
import { openRecording } from './trace/open-recording.ts';
import { sayBegun } from './trace/say-begun.ts';
import { Warnings } from './warnings.ts';

/** Of the 5 s between a signal and exit: what exporting may take, and what a slow reader of stdout may. */
const EXPORT_CLOSE_MILLIS = 3500;
const PRINT_FLUSH_MILLIS = 2000;
const LAST_LINE_MILLIS = 500;
/** The last metrics tell what became of the records, so they go after them. */
const METRICS_CLOSE_MILLIS = 700;

/** Traces until told to stop, then delivers what was recorded and says what became of every accept. */
export async function trace(config: Config, environment: NodeJS.ProcessEnv): Promise<number> {
  const native = loadNative();
  native.keepHeapSmall();
  const filters = await resolveFilters(config.filters);
  const write = (line: string) => void process.stderr.write(line);
  const { warn } = new Warnings(write);
  const ledger = new Ledger();
  const stopSignal = new StopSignal();
  // Loaded by who starts it: the user gone on as may have no access to these files.
  const exporting = config.exporting ? await import('../export/open-lane.ts') : undefined;
  const containers = await openContainers(config, warn);
  const recording = await openRecording(config, filters, containers, ({ userId, groupIds: [groupId = userId] }) =>
    exporting?.giveSpool(environment, config.spool, { userId, groupId }),
  );
  const { tracer, identifier, runUidPrefix, listeners } = recording;
  const openLane = exporting?.openExportLane;
  const exports = await openExports({ config, environment, tracer, ledger, warn, openLane });
  const { lane, metrics, traces } = exports;
  const printer = new Printer(process.stdout, ledger, {
    ...config.output,
    limit: config.count,
    onWarning: (text) => warn('unprinted', text),
    // Whoever reads the table has seen enough; what is exported goes on without it.
    onClosed: (error) => {
      if (error && error.code !== 'EPIPE') warn('stdout', `stdout takes no more rows: ${error.message}`);
      if (!lane && !metrics && !traces) stopSignal.stop('closed');
    },
    onLimit: () => stopSignal.stop('count'),
  });
  const sinks = new Sinks({ ledger, identifier, printer, lane, traces });
  const overload = new Overload({ tracer, lanePressure: () => lane?.pressure ?? 0, warn });
  // Before the line that says so: SIGUSR1 with nobody to hear it opens Node.js's debugger.
  const { uidPrefix } = identifier;
  const bookkeeper = new Bookkeeper({ tracer, ledger, sinks, printer, uidPrefix, runUidPrefix, write });
  sayBegun(config, recording, exports, warn);
  printer.start();
  sinks.report('listener', listeners);
  native.unmapCodeOfStart();
  tracer.run((batch) => sinks.take(batch), {
    holds: isSafeFirst(config) && lane?.tellsSafe === true,
    ...(config.connections && { onEnds: (ends) => sinks.end(ends) }),
    ...(config.mode === 'auto' && { beforeDrain: () => overload.look() }),
    ...(config.mode !== 'events' && {
      summaries: {
        intervalMillis: config.summaryIntervalMillis,
        onSummaries: (summaries) => sinks.summarize(summaries),
        hasRoom: () => overload.hasRoom(),
        hurryRelease: () => lane?.flush(),
      },
    }),
  });
  // From here: setting up takes half a second, which is not tracing.
  if (config.durationMillis !== undefined) stopSignal.stopAfter(config.durationMillis);

  await stopSignal.reason;
  await tracer.stop();
  bookkeeper.reportLosses();
  await Promise.all([
    lane?.close(EXPORT_CLOSE_MILLIS),
    traces?.close(EXPORT_CLOSE_MILLIS),
    printer.flush(PRINT_FLUSH_MILLIS),
  ]);
  bookkeeper.close();
  if (config.pinDirectory !== undefined) write(stillRecording(config.pinDirectory));
  await Promise.all([metrics?.close(METRICS_CLOSE_MILLIS), printer.flush(LAST_LINE_MILLIS)]);
  tracer.close();
  containers?.close();
  stopSignal.dispose();
  return EXIT.done;
}

/** Imported only when wanted. */
async function openContainers(
  { containerRuntimes }: Config,
  warn: Warnings['warn'],
): Promise<NamedContainers | undefined> {
  if (containerRuntimes.length === 0) return undefined;
  const { openRuntimes } = await import('../identity/runtime/open-runtimes.ts');
  return await openRuntimes(containerRuntimes, warn);
}

function stillRecording(directory: string): string {
  return `otel-tcpaccept: accepts are still recorded in ${directory}: start again with --pin to go on, or end it with otel-tcpaccept unpin ${directory}\n`;
}
