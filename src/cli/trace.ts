import type { Config } from '../config.ts';
import { EXIT } from '../errors.ts';
import type { ExportLane, LaneOptions } from '../export/open-lane.ts';
import type { MetricsExport, MetricsParts } from '../export/open-metrics.ts';
import type { TracesExport } from '../export/open-traces.ts';
import { bootId, hostAttributes } from '../identity/host.ts';
import { Identifier, uidPrefixOf } from '../identity/identify.ts';
import { ProcessCache } from '../identity/process-cache.ts';
import { AcceptTracer } from '../kernel/accept-tracer.ts';
import { recordsThatFit } from '../kernel/record-layout.ts';
import { Ledger } from '../ledger.ts';
import { Printer } from '../output/printer.ts';
import { Bookkeeper } from './bookkeeper.ts';
import { costOf, findNewUser, giveUpRoot } from './give-up-root.ts';
import { currentListeners } from './listeners.ts';
import { Overload } from './overload.ts';
import { resolveFilters } from './resolve-filters.ts';
import { Sinks } from './sinks.ts';
import { StopSignal } from './stop-signal.ts';
import { Warnings } from './warnings.ts';

/** Of the 5 s between a signal and exit: what exporting may take, and what a slow reader of stdout may. */
const EXPORT_CLOSE_MILLIS = 3500;
const PRINT_FLUSH_MILLIS = 2000;
const LAST_LINE_MILLIS = 500;
/** The last metrics tell what became of the records, so they go after them. */
const METRICS_CLOSE_MILLIS = 700;

/** Traces until told to stop, then delivers what was recorded and says what became of every accept. */
export async function trace(config: Config, environment: NodeJS.ProcessEnv): Promise<number> {
  const filters = await resolveFilters(config.filters);
  const { warn } = new Warnings((line) => process.stderr.write(line));
  const ledger = new Ledger();
  const stopSignal = new StopSignal();
  // Loaded by who starts it: the user gone on as may have no access to these files.
  const exporting = config.exporting ? await import('../export/open-lane.ts') : undefined;
  const tracing = config.exportingTraces ? await import('../export/open-traces.ts') : undefined;
  const user = config.runAsUser === undefined ? undefined : await findNewUser(config.runAsUser);
  const { hook, ringBytes, mode, pinDirectory } = config;
  // Before anything may connect: pinned programs see it, and must know that it is us.
  const tracer = new AcceptTracer({ ...filters, hook, ringBytes, mode, self: 'all', pinDirectory });
  const cache = new ProcessCache(config.commandLine.isWanted ? { redact: redactor(config.commandLine.secrets) } : {});
  const { loadedMonotonicNs } = tracer.earlier;
  const identifier = new Identifier({ cache, loadedMonotonicNs });
  const runUidPrefix = uidPrefixOf(bootId(), process.hrtime.bigint());
  const { uidPrefix } = identifier;
  // Whose they are only root may see.
  const listeners = config.listeners ? currentListeners(cache, runUidPrefix) : [];
  if (user) giveUpRoot(user, tracer);
  const lane = await orAbandon(tracer, async () =>
    exporting?.openExportLane(environment, ledger, warn, await hostAttributes(), laneOptions(config, tracer)),
  );
  const traces = await orAbandon(tracer, async () =>
    tracing?.openTraces({
      environment,
      hostAttributes: await hostAttributes(),
      ledger,
      warn,
      print: (line) => process.stderr.write(line),
    }),
  );
  const readLedger = () => {
    ledger.setRunning(tracer.counts());
    return ledger.counts();
  };
  const metrics = config.exportingMetrics
    ? await openMetrics({ config, environment, warn, read: readLedger })
    : undefined;
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
  const write = (line: string) => void process.stderr.write(line);
  const bookkeeper = new Bookkeeper({ tracer, ledger, sinks, printer, uidPrefix, runUidPrefix, write });
  const modeText = mode === 'auto' ? '' : `mode=${mode} `;
  process.stderr.write(
    `otel-tcpaccept: tracing hook=${tracer.hook} ${modeText}${exportText(lane, [metrics, traces])}${pinText(tracer, config)}\n`,
  );
  if (user) process.stderr.write(`otel-tcpaccept: ${costOf(user)}\n`);
  if (mode === 'summary' && !lane && config.output.format !== 'ndjson') {
    warn('mode', '--mode summary makes no rows, and nothing is exported: --output ndjson shows the summaries');
  }
  if (config.verbose) sayHostPid(tracer, filters.pid);
  printer.start();
  sinks.report('listener', listeners);
  const holdRing = isSafeFirst(config) && lane?.tellsSafe === true;
  tracer.run((batch) => sinks.take(batch), {
    holdRing,
    ...(mode === 'auto' && { beforeDrain: () => overload.look() }),
    ...(mode !== 'events' && {
      summaries: {
        intervalMillis: config.summaryIntervalMillis,
        onSummaries: (summaries) => sinks.summarize(summaries),
        hasRoom: () => overload.hasRoom(),
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
  if (pinDirectory !== undefined) {
    write(
      `otel-tcpaccept: accepts are still recorded in ${pinDirectory}: start again with --pin to go on, or end it with otel-tcpaccept unpin ${pinDirectory}\n`,
    );
  }
  await Promise.all([metrics?.close(METRICS_CLOSE_MILLIS), printer.flush(LAST_LINE_MILLIS)]);
  tracer.close();
  stopSignal.dispose();
  return EXIT.done;
}

/** Hides what a pattern finds. */
function redactor(pattern: string): (text: string) => string {
  const secrets = new RegExp(pattern, 'gi');
  return (text) => text.replace(secrets, '***');
}

/** What fails after the tracer was opened leaves no pins that were not there. */
async function orAbandon<Result>(tracer: AcceptTracer, step: () => Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    try {
      tracer.abandon();
    } catch {
      // Root was given up before, and with it the right to take pins away: they stay, and unpin finds them.
    }
    throw error;
  }
}

function pinText({ earlier }: AcceptTracer, { pinDirectory }: Config): string {
  return pinDirectory === undefined ? '' : ` pin=${pinDirectory} ${earlier.were ? 'resumed' : 'new'}`;
}

/** Whether records leave the ring, where a crash leaves them, only for the disk. */
function isSafeFirst({ pinDirectory, spool }: Config): boolean {
  return pinDirectory !== undefined && spool.mode === 'always';
}

function laneOptions(config: Config, tracer: AcceptTracer): LaneOptions {
  const { mode, ...spool } = config.spool;
  return {
    spool: mode === 'off' ? undefined : { ...spool, mode },
    ...(isSafeFirst(config) && { onSafe: (accepts) => tracer.release(accepts) }),
  };
}

/** Imported only when wanted, as the lane is. */
async function openMetrics(
  parts: Pick<MetricsParts, 'environment' | 'warn' | 'read'> & { readonly config: Config },
): Promise<MetricsExport | undefined> {
  const { config, ...rest } = parts;
  const { openMetrics: open } = await import('../export/open-metrics.ts');
  return await open({
    ...rest,
    hostAttributes: await hostAttributes(),
    ringCapacity: recordsThatFit(config.ringBytes),
    exporting: config.exporting,
    print: (line) => process.stderr.write(line),
  });
}

function exportText(
  lane: ExportLane | undefined,
  others: readonly (MetricsExport | TracesExport | undefined)[],
): string {
  return [lane?.description ?? 'export=off', ...others.map((other) => other?.description)].filter(Boolean).join(' ');
}

/** Records have the pids of the host, which in a container are not those one sees. */
function sayHostPid(tracer: AcceptTracer, pid: number | undefined): void {
  const hostPid = pid && tracer.hostPid();
  if (hostPid === pid) return;
  const text =
    hostPid === undefined ? `pid ${pid} is no process here now` : `pid ${pid} here is ${hostPid} on the host`;
  process.stderr.write(`otel-tcpaccept: ${text}\n`);
}
