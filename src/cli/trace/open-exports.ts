import type { Config } from '../../config.ts';
import type { ExportLane, LaneOptions, openExportLane } from '../../export/open-lane.ts';
import type { MetricsExport } from '../../export/open-metrics.ts';
import type { TracesExport } from '../../export/open-traces.ts';
import { hostAttributes } from '../../identity/host.ts';
import { openAcceptEncoder } from '../../kernel/accept-encoder.ts';
import type { AcceptTracer } from '../../kernel/accept-tracer.ts';
import { MOST_OPEN_CONNECTIONS } from '../../kernel/end-layout.ts';
import { recordsThatFit } from '../../kernel/record-layout.ts';
import type { Ledger } from '../../ledger.ts';

export interface ExportsParts {
  readonly config: Config;
  readonly environment: NodeJS.ProcessEnv;
  readonly tracer: AcceptTracer;
  readonly ledger: Ledger;
  readonly warn: (cause: string, text: string) => void;
  /** `undefined`: nothing is exported. */
  readonly openLane: typeof openExportLane | undefined;
}

/** Where records, spans and the ledger go to, each where it is wanted. */
export interface Exports {
  readonly lane: ExportLane | undefined;
  readonly metrics: MetricsExport | undefined;
  readonly traces: TracesExport | undefined;
  /** For the line that says tracing has begun. */
  readonly description: string;
}

/** Opens what the environment asks for; where that fails, the tracer is closed and leaves no pins that were not there. */
export async function openExports(parts: ExportsParts): Promise<Exports> {
  const { config, environment, tracer, ledger, warn, openLane } = parts;
  const lane = await orAbandon(tracer, async () =>
    openLane?.(environment, ledger, warn, await hostAttributes(), laneOptions(config, tracer)),
  );
  const traces = config.exportingTraces ? await orAbandon(tracer, () => openTraces(parts)) : undefined;
  const metrics = config.exportingMetrics ? await openMetrics(parts) : undefined;
  const others = [metrics?.description, traces?.description];
  const description = [lane?.description ?? 'export=off', ...others].filter(Boolean).join(' ');
  return { lane, metrics, traces, description };
}

/** Whether records and summaries leave the kernel, where a crash leaves them, only for the disk. */
export function isSafeFirst({ pinDirectory, spool }: Config): boolean {
  return pinDirectory !== undefined && spool.mode === 'always';
}

function laneOptions(config: Config, tracer: AcceptTracer): LaneOptions {
  const { mode, ...spool } = config.spool;
  return {
    native: openAcceptEncoder(),
    spool: mode === 'off' ? undefined : { ...spool, mode },
    ...(isSafeFirst(config) && { onSafe: (accepts, summaries) => tracer.release(accepts, summaries) }),
  };
}

/** Imported only when wanted, as the lane is. */
async function openTraces({ config, environment, ledger, warn }: ExportsParts): Promise<TracesExport | undefined> {
  const { openTraces: open } = await import('../../export/open-traces.ts');
  const print = (line: string) => void process.stderr.write(line);
  const mostOpenConnections = config.connections ? MOST_OPEN_CONNECTIONS : 0;
  return await open({ environment, hostAttributes: await hostAttributes(), ledger, warn, print, mostOpenConnections });
}

/** Imported only when wanted, as the lane is. */
async function openMetrics({
  config,
  environment,
  tracer,
  ledger,
  warn,
}: ExportsParts): Promise<MetricsExport | undefined> {
  const { openMetrics: open } = await import('../../export/open-metrics.ts');
  return await open({
    environment,
    warn,
    read: () => {
      ledger.setRunning(tracer.counts());
      return ledger.counts();
    },
    hostAttributes: await hostAttributes(),
    ringCapacity: recordsThatFit(config.ringBytes),
    exporting: config.exporting,
    print: (line) => process.stderr.write(line),
  });
}

async function orAbandon<Result>(tracer: AcceptTracer, step: () => Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    tracer.abandon();
    throw error;
  }
}
