/**
 * What the command takes of a CPU while nothing or little is accepted, how long an accept takes to its line on stdout, and
 * how many lines come at once as more is accepted.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Acceptor } from '../test/collector/acceptor.ts';
import { connect } from '../test/collector/connector.ts';
import { cpuMicros } from './built-command.ts';
import { PrintedCommand } from './draining/printed-command.ts';
import { report } from './report.ts';
import { type Spread, spreadOf, spreadText } from './spread.ts';
import { HttpSink } from './user-space/http-sink.ts';

const RATES = [0, 1, 10, 100, 1000, 5000];
const ROUNDS = 3;
const SECONDS = 8;
/** Then it is asleep, and what it had to do after its start is done. */
const SETTLED_MILLIS = 3000;
const PRINTED_MILLIS = 10_000;

export interface DrainingResult {
  readonly perSecond: number;
  /** Of one core, of all threads. */
  readonly cpuPercent: Spread;
  /** From the accept until its line is read; of all rounds. */
  readonly latencyMillis: Spread;
  readonly latencyP99Millis: number;
  readonly linesAtOnce: number;
}

export interface DrainingResults {
  readonly printing: readonly DrainingResult[];
  /** While nothing is accepted and OTLP over HTTP is exported, with a spool. */
  readonly idleExportingCpuPercent: Spread;
}

interface Interval {
  readonly cpuPercent: number;
  readonly latenciesMillis: readonly number[];
  readonly arrivals: number;
}

async function interval(
  command: PrintedCommand,
  acceptor: Acceptor,
  perSecond: number,
  seconds: number,
): Promise<Interval> {
  command.arrivals = [];
  const [cpuBefore, began] = [cpuMicros(command.pid), performance.now()];
  const count = perSecond * seconds;
  if (count === 0) await pause(seconds * 1000);
  else await connect(acceptor.targets(), count, { awaits: false, perSecond });
  const deadline = performance.now() + PRINTED_MILLIS;
  while (command.lines < count && performance.now() < deadline) await pause(10);
  if (command.lines !== count) throw new Error(`${command.lines} of ${count} accepts were printed`);
  const millis = performance.now() - began;
  return {
    cpuPercent: ((cpuMicros(command.pid) - cpuBefore) / 1000 / millis) * 100,
    latenciesMillis: command.arrivals.flatMap(({ atUnixMillis, timestamps }) =>
      timestamps.map((timestamp) => atUnixMillis - timestamp),
    ),
    arrivals: command.arrivals.length,
  };
}

async function startSettled(acceptor: Acceptor, env: Readonly<Record<string, string>>): Promise<PrintedCommand> {
  const args = ['-P', acceptor.ports.join(','), '--output', 'ndjson', '--mode', 'events'];
  const command = await PrintedCommand.start(args, env);
  await connect(acceptor.targets(), 1000, { awaits: false });
  await pause(SETTLED_MILLIS);
  return command;
}

export async function draining({ rates = RATES, rounds = ROUNDS, seconds = SECONDS } = {}): Promise<DrainingResults> {
  await using acceptor = await Acceptor.start();
  await using printing = await startSettled(acceptor, { OTEL_LOGS_EXPORTER: 'none' });
  const intervals = new Map(rates.map((rate) => [rate, [] as Interval[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [rate, of] of intervals) of.push(await interval(printing, acceptor, rate, seconds));
  }
  await using sink = await HttpSink.start();
  await using exporting = await startSettled(acceptor, { OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint });
  const idle: number[] = [];
  for (let round = 0; round < rounds; round++) {
    idle.push((await interval(exporting, acceptor, 0, seconds)).cpuPercent);
  }
  return {
    printing: [...intervals].map(([perSecond, of]) => resultOf(perSecond, of)),
    idleExportingCpuPercent: spreadOf(idle),
  };
}

function resultOf(perSecond: number, intervals: readonly Interval[]): DrainingResult {
  const latencies = intervals.flatMap(({ latenciesMillis }) => latenciesMillis).sort((a, b) => a - b);
  const arrivals = intervals.reduce((sum, one) => sum + one.arrivals, 0);
  return {
    perSecond,
    cpuPercent: spreadOf(intervals.map(({ cpuPercent }) => cpuPercent)),
    latencyMillis: spreadOf(latencies),
    latencyP99Millis: latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN,
    linesAtOnce: latencies.length / arrivals,
  };
}

function cells({ perSecond, cpuPercent, latencyMillis, latencyP99Millis, linesAtOnce }: DrainingResult): string[] {
  if (perSecond === 0) return ['0', spreadText(cpuPercent), '', '', ''];
  const latency = spreadText(latencyMillis, 1);
  return [`${perSecond}`, spreadText(cpuPercent), latency, latencyP99Millis.toFixed(1), linesAtOnce.toFixed(1)];
}

if (import.meta.main) {
  const results = await draining();
  report({
    name: 'draining',
    question: 'CPU of the command, and the time from an accept to its line, as ndjson on stdout',
    table: {
      columns: ['accepts/s', 'CPU, % of a core', 'accept to stdout, ms', 'p99, ms', 'lines at once'],
      rows: [...results.printing.map(cells), ['0, exporting', spreadText(results.idleExportingCpuPercent), '', '', '']],
    },
    results,
  });
}
