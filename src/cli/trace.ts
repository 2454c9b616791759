import type { Config } from '../config.ts';
import { EXIT } from '../errors.ts';
import type { ExportLane } from '../export/open-lane.ts';
import { hostAttributes } from '../identity/host.ts';
import { Identifier } from '../identity/identify.ts';
import { ProcessCache } from '../identity/process-cache.ts';
import { AcceptTracer } from '../kernel/accept-tracer.ts';
import { Ledger } from '../ledger.ts';
import { Printer } from '../output/printer.ts';
import { Bookkeeper } from './bookkeeper.ts';
import { currentListeners } from './listeners.ts';
import { Overload } from './overload.ts';
import { resolveFilters } from './resolve-filters.ts';
import { Sinks } from './sinks.ts';
import { StopSignal } from './stop-signal.ts';
import { Warnings } from './warnings.ts';

/** Of the 5 s between a signal and exit: what exporting may take, and what a slow reader of stdout may. */
const EXPORT_CLOSE_MILLIS = 4000;
const PRINT_FLUSH_MILLIS = 2000;
const LAST_LINE_MILLIS = 500;

/** Traces until told to stop, then delivers what was recorded and says what became of every accept. */
export async function trace(config: Config, environment: NodeJS.ProcessEnv): Promise<number> {
  const filters = await resolveFilters(config.filters);
  const { warn } = new Warnings((line) => process.stderr.write(line));
  const ledger = new Ledger();
  const stopSignal = new StopSignal();
  const lane = config.exporting ? await openLane(environment, ledger, warn) : undefined;
  const printer = new Printer(process.stdout, ledger, {
    ...config.output,
    limit: config.count,
    onWarning: (text) => warn('unprinted', text),
    // Whoever reads the table has seen enough; an export goes on without it.
    onClosed: (error) => {
      if (error && error.code !== 'EPIPE') warn('stdout', `stdout takes no more rows: ${error.message}`);
      if (!lane) stopSignal.stop('closed');
    },
    onLimit: () => stopSignal.stop('count'),
  });
  const { hook, ringBytes, mode } = config;
  const tracer = new AcceptTracer({ ...filters, hook, ringBytes, mode, self: 'all' });

  const cache = new ProcessCache(config.commandLine.isWanted ? { redact: redactor(config.commandLine.secrets) } : {});
  const identifier = new Identifier({ cache });
  const sinks = new Sinks({ ledger, identifier, printer, lane });
  const overload = new Overload({ tracer, lanePressure: () => lane?.pressure() ?? 0, warn });
  printer.start();
  const { uidPrefix } = identifier;
  if (config.listeners) sinks.report('listener', currentListeners(cache, uidPrefix));
  tracer.run((batch) => sinks.take(batch), {
    ...(mode === 'auto' && { beforeDrain: () => overload.look() }),
    ...(mode !== 'events' && {
      summaries: {
        intervalMillis: config.summaryIntervalMillis,
        onSummaries: (summaries) => sinks.summarize(summaries),
        hasRoom: () => overload.hasRoom(),
      },
    }),
  });
  const write = (line: string) => void process.stderr.write(line);
  const bookkeeper = new Bookkeeper({ tracer, ledger, sinks, printer, uidPrefix, write });
  const modeText = mode === 'auto' ? '' : `mode=${mode} `;
  // Only now: whoever waits for it may send SIGUSR1 at once.
  write(`otel-tcpaccept: tracing hook=${tracer.hook} ${modeText}${exportText(lane)}\n`);
  if (mode === 'summary' && !lane && config.output.format !== 'ndjson') {
    warn('mode', '--mode summary makes no rows, and nothing is exported: --output ndjson shows the summaries');
  }
  if (config.verbose) sayHostPid(tracer, filters.pid);
  // From here: setting up takes half a second, which is not tracing.
  if (config.durationMillis !== undefined) stopSignal.stopAfter(config.durationMillis);

  await stopSignal.reason;
  await tracer.stop();
  bookkeeper.reportLosses();
  await Promise.all([lane?.close(EXPORT_CLOSE_MILLIS), printer.flush(PRINT_FLUSH_MILLIS)]);
  bookkeeper.close();
  tracer.close();
  await printer.flush(LAST_LINE_MILLIS);
  stopSignal.dispose();
  return EXIT.done;
}

/** Hides what a pattern finds. */
function redactor(pattern: string): (text: string) => string {
  const secrets = new RegExp(pattern, 'gi');
  return (text) => text.replace(secrets, '***');
}

/** Imported only when wanted: the OpenTelemetry packages take longer to load than everything else together. */
async function openLane(
  environment: NodeJS.ProcessEnv,
  ledger: Ledger,
  warn: Warnings['warn'],
): Promise<ExportLane | undefined> {
  const { openExportLane } = await import('../export/open-lane.ts');
  return await openExportLane(environment, ledger, warn, await hostAttributes());
}

function exportText(lane: ExportLane | undefined): string {
  return lane ? lane.description : 'export=off';
}

/** Records have the pids of the host, which in a container are not those one sees. */
function sayHostPid(tracer: AcceptTracer, pid: number | undefined): void {
  const hostPid = pid && tracer.hostPid();
  if (hostPid === pid) return;
  const text =
    hostPid === undefined ? `pid ${pid} is no process here now` : `pid ${pid} here is ${hostPid} on the host`;
  process.stderr.write(`otel-tcpaccept: ${text}\n`);
}
