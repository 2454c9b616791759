/**
 * What a client of a real server sees of tracing at the rates a server is run at: nginx with a connection for every
 * request, so many a second whether or not it keeps up, with the command, with tcpdump and without in turn.
 *
 * The command exports over HTTP to a server that forgets; all share this host's CPUs.
 */
import { buildPacedClient, Nginx } from './nginx/nginx.ts';
import { ourCommands } from './nginx/our-command.ts';
import { tcpdump } from './nginx/tcpdump.ts';
import { UNTRACED, watchInTurn } from './nginx/watching.ts';
import { report } from './report.ts';
import { differenceOf, type Spread, spreadOf, spreadText } from './spread.ts';
import { HttpSink } from './user-space/http-sink.ts';

const ROUNDS = 5;
const RATES = [2000, 5000];
const WARM_UP_MILLIS = 3000;
const MILLIS = 1500;

export interface PacedResult {
  readonly name: string;
  /** Requests a second, asked for and answered. */
  readonly rate: number;
  readonly p50Micros: Spread;
  readonly p99Micros: Spread;
  /** More than untraced in the same round. */
  readonly p50AddedMicros: Spread;
  readonly p99AddedMicros: Spread;
  /** CPU for a request: of who watches, and of the server it exports to. */
  readonly watcherMicros: Spread;
  readonly sinkMicros: Spread;
  /** Requests of all rounds that were answered, and that were not. */
  readonly answered: number;
  readonly errors: number;
  /** Requests of all rounds and rates that it did not show. */
  readonly missing: number;
}

export interface PacedResults {
  readonly loads: readonly PacedResult[];
  readonly rounds: number;
  /** Of them, without another tracer on the host. */
  readonly alone: number;
}

export async function nginxPaced({
  rounds = ROUNDS,
  rates = RATES,
  warmUpMillis = WARM_UP_MILLIS,
  millis = MILLIS,
} = {}): Promise<PacedResults> {
  buildPacedClient();
  await using sink = await HttpSink.start();
  await using nginx = await Nginx.start();
  // Of the disk, nginx and its client are read now.
  await nginx.paced(Math.max(...rates), warmUpMillis);
  const { loads, missing, alone } = await watchInTurn(nginx, [UNTRACED, ...ourCommands(sink.endpoint), tcpdump], {
    rounds,
    warmUp: () => nginx.paced(Math.max(...rates), warmUpMillis),
    intervals: rates.map((rate) => () => nginx.paced(rate, millis)),
    sinkPid: sink.pid,
    isShared: true,
  });
  const results = rates.flatMap((rate, at) => {
    const ofRate = (name: string) => (loads.get(name) ?? []).flatMap((intervals) => intervals[at] ?? []);
    const untraced = ofRate(UNTRACED.name);
    return [...loads.keys()].map((name) => {
      const watched = ofRate(name);
      const p50s = watched.map(({ p50Micros }) => p50Micros);
      const p99s = watched.map(({ p99Micros }) => p99Micros);
      return {
        name,
        rate,
        p50Micros: spreadOf(p50s),
        p99Micros: spreadOf(p99s),
        p50AddedMicros: differenceOf(
          p50s,
          untraced.map(({ p50Micros }) => p50Micros),
        ),
        p99AddedMicros: differenceOf(
          p99s,
          untraced.map(({ p99Micros }) => p99Micros),
        ),
        watcherMicros: spreadOf(watched.map(({ watcherMicros }) => watcherMicros)),
        sinkMicros: spreadOf(watched.map(({ sinkMicros }) => sinkMicros)),
        answered: watched.reduce((sum, { requests }) => sum + requests, 0),
        errors: watched.reduce((sum, { errors }) => sum + errors, 0),
        missing: missing.get(name) ?? 0,
      };
    });
  });
  return { loads: results, rounds, alone };
}

if (import.meta.main) {
  const results = await nginxPaced();
  report({
    name: 'nginx-paced',
    question: 'nginx at a fixed rate, a connection for every request',
    table: {
      columns: [
        'requests/s',
        'watched by',
        'median, µs',
        'added, µs',
        'p99, µs',
        'added, µs',
        'CPU of it a request, µs',
        'of its server, µs',
      ],
      rows: results.loads.map((load) => [
        `${load.rate}`,
        load.name,
        spreadText(load.p50Micros, 0),
        spreadText(load.p50AddedMicros, 0),
        spreadText(load.p99Micros, 0),
        spreadText(load.p99AddedMicros, 0),
        spreadText(load.watcherMicros, 1),
        spreadText(load.sinkMicros, 1),
      ]),
    },
    results,
  });
}
