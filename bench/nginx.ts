/**
 * What a real server loses at its highest rate: nginx with a connection for every request, with the command, with tcpdump
 * and without in turn, in intervals that begin once whoever watches has compiled its code.
 *
 * The command exports over HTTP to a server that forgets; all share this host's CPUs.
 */
import { cpus } from 'node:os';
import { Nginx } from './nginx/nginx.ts';
import { ourCommands } from './nginx/our-command.ts';
import { tcpdump } from './nginx/tcpdump.ts';
import { UNTRACED, type WatchedLoad, watchInTurn } from './nginx/watching.ts';
import { report } from './report.ts';
import { differenceOf, ratioOf, type Spread, spreadOf, spreadText } from './spread.ts';
import { HttpSink } from './user-space/http-sink.ts';

const ROUNDS = 5;
const WARM_UP_SECONDS = 3;
const SECONDS = 2;

export interface NginxResult {
  readonly name: string;
  readonly requestsPerSecond: Spread;
  readonly p99Micros: Spread;
  /** Of untraced in the same round. */
  readonly requestsRatio: Spread;
  readonly p99Ratio: Spread;
  /** CPU for a request: of nginx and its client, more of it than untraced in the same round, of who watches, of its server. */
  readonly servedMicros: Spread;
  readonly servedAddedMicros: Spread;
  readonly watcherMicros: Spread;
  readonly sinkMicros: Spread;
  /** Untraced CPU for a request to all of these in the same round: the ratio of requests/s where CPU is all that counts. */
  readonly cpuRatio: Spread;
  /** Of all CPUs. */
  readonly idleShare: Spread;
  /** Of all CPUs, what who watches and its server had. */
  readonly cpuShare: Spread;
  /** Requests of all rounds that it did not show. */
  readonly missing: number;
}

export interface NginxResults {
  readonly loads: readonly NginxResult[];
  readonly rounds: number;
  /** Of them, without another tracer on the host. */
  readonly alone: number;
}

export async function nginxUnderLoad({
  rounds = ROUNDS,
  warmUpSeconds = WARM_UP_SECONDS,
  seconds = SECONDS,
} = {}): Promise<NginxResults> {
  await using sink = await HttpSink.start();
  await using nginx = await Nginx.start();
  // Of the disk, nginx and its client are read now.
  await nginx.load(1);
  const watchings = [UNTRACED, ...ourCommands(sink.endpoint), tcpdump];
  const { loads, missing, alone } = await watchInTurn(nginx, watchings, {
    rounds,
    warmUp: () => nginx.load(warmUpSeconds),
    intervals: [() => nginx.load(seconds)],
    sinkPid: sink.pid,
    isShared: true,
  });
  return { loads: loadResults(loads, missing), rounds, alone };
}

/** The first interval of each round. */
export function loadResults(
  loads: ReadonlyMap<string, readonly (readonly WatchedLoad[])[]>,
  missing: ReadonlyMap<string, number>,
): NginxResult[] {
  const figures = (name: string, figure: (load: WatchedLoad) => number) =>
    (loads.get(name) ?? []).map(([load]) => (load ? figure(load) : Number.NaN));
  return [...loads.keys()].map((name) => {
    const spread = (figure: keyof WatchedLoad) => spreadOf(figures(name, (load) => load[figure]));
    const ratio = (figure: keyof WatchedLoad) =>
      ratioOf(
        figures(name, (load) => load[figure]),
        figures(UNTRACED.name, (load) => load[figure]),
      );
    const served = figures(name, ({ servedMicros }) => servedMicros);
    const servedUntraced = figures(UNTRACED.name, ({ servedMicros }) => servedMicros);
    const all = figures(name, (load) => load.servedMicros + load.watcherMicros + load.sinkMicros);
    return {
      name,
      requestsPerSecond: spread('requestsPerSecond'),
      p99Micros: spread('p99Micros'),
      requestsRatio: ratio('requestsPerSecond'),
      p99Ratio: ratio('p99Micros'),
      servedMicros: spreadOf(served),
      servedAddedMicros: differenceOf(served, servedUntraced),
      watcherMicros: spread('watcherMicros'),
      sinkMicros: spread('sinkMicros'),
      cpuRatio: ratioOf(servedUntraced, all),
      idleShare: spread('idleShare'),
      cpuShare: spreadOf(
        figures(
          name,
          (load) => ((load.watcherMicros + load.sinkMicros) * load.requestsPerSecond) / (cpus().length * 1e6),
        ),
      ),
      missing: missing.get(name) ?? 0,
    };
  });
}

if (import.meta.main) {
  const results = await nginxUnderLoad();
  report({
    name: 'nginx',
    question: 'nginx as fast as it answers, a connection for every request',
    table: {
      columns: [
        'watched by',
        'requests/s',
        'of untraced',
        'by CPU',
        'p99, µs',
        'CPU added to a request, µs',
        'of it, µs',
        'of its server, µs',
        'CPUs idle',
        'not shown',
      ],
      rows: results.loads.map((load) => [
        load.name,
        spreadText(load.requestsPerSecond, 0),
        spreadText(load.requestsRatio, 3),
        spreadText(load.cpuRatio, 3),
        spreadText(load.p99Micros, 0),
        spreadText(load.servedAddedMicros, 1),
        spreadText(load.watcherMicros, 1),
        spreadText(load.sinkMicros, 1),
        spreadText(load.idleShare),
        `${load.missing}`,
      ]),
    },
    results,
  });
}
