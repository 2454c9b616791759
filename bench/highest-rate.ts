/**
 * Whether anything is lost at the highest accept rate this host makes: every CPU connects to itself and accepts as fast as
 * it can, untraced and traced in turn, into the real collector on the same CPUs.
 */
import { cpus } from 'node:os';
import { type Collector, startCollector } from '../test/collector/collector.ts';
import { readLedger } from '../test/collector/ledger-line.ts';
import { TracerCommand } from '../test/collector/tracer-command.ts';
import { buildTimedServer, TimedServer } from './accept-cost/timed-server.ts';
import { BUILT, residentMib } from './built-command.ts';
import { report } from './report.ts';
import { ratioOf, type Spread, spreadOf, spreadText } from './spread.ts';

const ROUNDS = 3;
const ACCEPTS_A_CPU = 30_000;

export interface RateResult {
  readonly untracedPerSecond: Spread;
  readonly tracedPerSecond: Spread;
  readonly ratio: Spread;
  /** All rounds. */
  readonly accepts: number;
  readonly delivered: number;
  /** By cause, of all rounds; `spooled` and `aggregated`, which are in summaries, are not lost. */
  readonly lost: Readonly<Record<string, number>>;
  /** From the last accept until the collector had every record, with the command's end. */
  readonly deliveredAfterMillis: Spread;
  readonly peakMib: Spread;
}

const CAUSES = [
  'ring_full',
  'unreadable',
  'missed',
  'rejected',
  'dropped',
  'evicted',
  'spooled',
  'aggregated',
] as const;

async function perSecond(servers: readonly TimedServer[], accepts: number): Promise<number> {
  const began = performance.now();
  await Promise.all(servers.map((server) => server.time('accept', accepts)));
  return (servers.length * accepts * 1000) / (performance.now() - began);
}

export async function highestRate(
  collector: Collector,
  { rounds = ROUNDS, accepts = ACCEPTS_A_CPU } = {},
): Promise<RateResult> {
  buildTimedServer();
  const servers = await Promise.all(cpus().map((_, cpu) => TimedServer.start(cpu)));
  const ports = servers.map(({ port }) => port).join(',');
  const untraced: number[] = [];
  const traced: number[] = [];
  const after: number[] = [];
  const peaks: number[] = [];
  const lost: Record<string, number> = {};
  let delivered = 0;
  for (let round = 0; round < rounds; round++) {
    untraced.push(await perSecond(servers, accepts));
    await using tracer = await TracerCommand.tracing(['-P', ports, '--output', 'none'], {
      command: BUILT,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpEndpoint },
    });
    traced.push(await perSecond(servers, accepts));
    peaks.push(residentMib(tracer.pid, 'VmHWM'));
    const { stderr, millis } = await tracer.stop();
    after.push(millis);
    const ledger = readLedger(stderr);
    delivered += ledger.delivered;
    for (const cause of CAUSES) lost[cause] = (lost[cause] ?? 0) + ledger[cause];
  }
  for (const server of servers) await server[Symbol.asyncDispose]();
  return {
    untracedPerSecond: spreadOf(untraced),
    tracedPerSecond: spreadOf(traced),
    ratio: ratioOf(traced, untraced),
    accepts: rounds * accepts * servers.length,
    delivered,
    lost,
    deliveredAfterMillis: spreadOf(after),
    peakMib: spreadOf(peaks),
  };
}

if (import.meta.main) {
  await using collector = await startCollector();
  const results = await highestRate(collector);
  const { untracedPerSecond, tracedPerSecond, ratio, accepts, delivered, lost, deliveredAfterMillis, peakMib } =
    results;
  const causes = Object.entries(lost).filter(([, count]) => count > 0);
  report({
    name: 'highest-rate',
    question: 'Accepts a second, every CPU busy with nothing else, into the collector on the same CPUs',
    table: {
      columns: [
        'untraced',
        'traced',
        'traced / untraced',
        'accepts',
        'delivered',
        'lost or held',
        'end, ms',
        'peak RSS, MiB',
      ],
      rows: [
        [
          spreadText(untracedPerSecond, 0),
          spreadText(tracedPerSecond, 0),
          spreadText(ratio),
          `${accepts}`,
          `${delivered}`,
          causes.map(([cause, count]) => `${cause} ${count}`).join(', ') || '0',
          spreadText(deliveredAfterMillis, 0),
          spreadText(peakMib, 0),
        ],
      ],
    },
    results,
  });
}
