import type { Config } from '../config.ts';
import { EXIT } from '../errors.ts';
import type { ExportLane } from '../export/open-lane.ts';
import { bootId, hostAttributes } from '../identity/host.ts';
import { Identifier, uidPrefixOf } from '../identity/identify.ts';
import { ProcessCache } from '../identity/process-cache.ts';
import { AcceptTracer } from '../kernel/accept-tracer.ts';
import { Ledger } from '../ledger.ts';
import { Printer } from '../output/printer.ts';
import { Bookkeeper } from './bookkeeper.ts';
import { currentListeners } from './listeners.ts';
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
  const { hook, ringBytes, pinDirectory } = config;
  // Before anything may connect: pinned programs see it, and must know that it is us.
  const tracer = new AcceptTracer({ ...filters, hook, ringBytes, self: 'all', pinDirectory });
  const lane = config.exporting ? await openLane(environment, ledger, warn, tracer) : undefined;
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
  const cache = new ProcessCache(config.commandLine.isWanted ? { redact: redactor(config.commandLine.secrets) } : {});
  const { loadedMonotonicNs } = tracer.earlier;
  const identifier = new Identifier({ cache, loadedMonotonicNs });
  const runUidPrefix = uidPrefixOf(bootId(), process.hrtime.bigint());
  const sinks = new Sinks({ ledger, identifier, printer, lane });
  process.stderr.write(`otel-tcpaccept: tracing hook=${tracer.hook} ${exportText(lane)}${pinText(tracer, config)}\n`);
  if (config.verbose) sayHostPid(tracer, filters.pid);
  printer.start();
  const { uidPrefix } = identifier;
  if (config.listeners) sinks.report('listener', currentListeners(cache, runUidPrefix));
  tracer.run((batch) => sinks.take(batch));
  const write = (line: string) => void process.stderr.write(line);
  const bookkeeper = new Bookkeeper({ tracer, ledger, sinks, printer, uidPrefix, runUidPrefix, write });
  // From here: setting up takes half a second, which is not tracing.
  if (config.durationMillis !== undefined) stopSignal.stopAfter(config.durationMillis);

  await stopSignal.reason;
  await tracer.stop();
  bookkeeper.reportLosses();
  await Promise.all([lane?.close(EXPORT_CLOSE_MILLIS), printer.flush(PRINT_FLUSH_MILLIS)]);
  bookkeeper.close();
  if (pinDirectory !== undefined) {
    write(
      `otel-tcpaccept: accepts are still recorded in ${pinDirectory}: start again with --pin to go on, or end it with otel-tcpaccept unpin ${pinDirectory}\n`,
    );
  }
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
  tracer: AcceptTracer,
): Promise<ExportLane | undefined> {
  try {
    const { openExportLane } = await import('../export/open-lane.ts');
    return await openExportLane(environment, ledger, warn, await hostAttributes());
  } catch (error) {
    tracer.abandon();
    throw error;
  }
}

function pinText({ earlier }: AcceptTracer, { pinDirectory }: Config): string {
  return pinDirectory === undefined ? '' : ` pin=${pinDirectory} ${earlier.were ? 'resumed' : 'new'}`;
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
