import { readLedger } from '../../test/collector/ledger-line.ts';
import { TracerCommand } from '../../test/collector/tracer-command.ts';
import type { TimedCall, TimedServer } from '../accept-cost/timed-server.ts';
import { BUILT, cpuMicros, forgetPeak, residentMib, toldAccepts } from '../built-command.ts';
import { spreadOf } from '../spread.ts';

/** How many accepts, of what kind, are made; a multiple of ten. */
export interface Accepts {
  readonly call: TimedCall;
  readonly count: number;
}

export type GrownMode = 'events' | 'summary';

export interface GrownInterval {
  /** The median. */
  readonly acceptNs: number;
  /** The command's, for an accept. */
  readonly cpuMicros: number;
  /** After each tenth of the accepts. */
  readonly residentMib: readonly number[];
  /** Since the warm-up. */
  readonly peakMib: number;
  /** Accepts that the endpoint was not told of. */
  readonly missing: number;
}

/** So that the command's code is compiled: of one listener, process and peer. */
const WARM_UP_ACCEPTS = 5000;
const SLICES = 10;

/** The median of an accept, of slices one after the other; `then` is called after each. */
export async function acceptNs(server: TimedServer, { call, count }: Accepts, then = () => {}): Promise<number> {
  const medians: number[] = [];
  for (let slice = 0; slice < SLICES; slice++) {
    medians.push((await server.time(call, count / SLICES)).medianNs);
    then();
  }
  return spreadOf(medians).median;
}

/** Starts the command, makes the accepts, and ends it. */
export async function grownInterval(
  server: TimedServer,
  accepts: Accepts,
  { mode, endpoint }: { readonly mode: GrownMode; readonly endpoint: string },
): Promise<GrownInterval> {
  await using command = await TracerCommand.tracing(['-P', `${server.port}`, '--mode', mode, '--output', 'none'], {
    command: BUILT,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
  });
  const { pid } = command;
  const warmUp = Math.min(WARM_UP_ACCEPTS, accepts.count);
  await server.time('accept', warmUp);
  forgetPeak(pid);
  const before = cpuMicros(pid);
  const resident: number[] = [];
  const medianNs = await acceptNs(server, accepts, () => resident.push(residentMib(pid)));
  const cpu = cpuMicros(pid) - before;
  const peakMib = residentMib(pid, 'VmHWM');
  const { stderr } = await command.stop();
  return {
    acceptNs: medianNs,
    cpuMicros: cpu / accepts.count,
    residentMib: resident,
    peakMib,
    missing: warmUp + accepts.count - toldAccepts(readLedger(stderr)),
  };
}
